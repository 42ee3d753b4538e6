//! Reads metrics.

use super::node::{Malformed, Node, as_double, as_signed, as_unsigned};
use super::read_common::{attribute, attributes, resource, scope};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
    number_data_point,
};

pub(super) fn resource_metrics(node: &Node<'_>) -> Result<ResourceMetrics, Malformed> {
    Ok(ResourceMetrics {
        resource: node.message("resource", resource)?,
        scope_metrics: node.list("scopeMetrics", scope_metrics)?,
        schema_url: node.text("schemaUrl")?,
    })
}

fn scope_metrics(node: &Node<'_>) -> Result<ScopeMetrics, Malformed> {
    Ok(ScopeMetrics {
        scope: node.message("scope", scope)?,
        metrics: node.list("metrics", metric)?,
        schema_url: node.text("schemaUrl")?,
    })
}

fn metric(node: &Node<'_>) -> Result<Metric, Malformed> {
    Ok(Metric {
        name: node.text("name")?,
        description: node.text("description")?,
        unit: node.text("unit")?,
        metadata: node.list("metadata", attribute)?,
        data: data(node)?,
    })
}

type ReadData = fn(&Node<'_>) -> Result<Data, Malformed>;

const KINDS: [(&str, ReadData); 5] = [
    ("gauge", |node| Ok(Data::Gauge(Gauge { data_points: node.list("dataPoints", number)? }))),
    ("sum", |node| {
        Ok(Data::Sum(Sum {
            data_points: node.list("dataPoints", number)?,
            aggregation_temporality: node.enumeration("aggregationTemporality")?,
            is_monotonic: node.boolean("isMonotonic")?,
        }))
    }),
    ("histogram", |node| {
        Ok(Data::Histogram(Histogram {
            data_points: node.list("dataPoints", histogram)?,
            aggregation_temporality: node.enumeration("aggregationTemporality")?,
        }))
    }),
    ("exponentialHistogram", |node| {
        Ok(Data::ExponentialHistogram(ExponentialHistogram {
            data_points: node.list("dataPoints", exponential)?,
            aggregation_temporality: node.enumeration("aggregationTemporality")?,
        }))
    }),
    ("summary", |node| Ok(Data::Summary(Summary { data_points: node.list("dataPoints", summary)? }))),
];

/// What kind of metric this is; `None` where none that is known.
pub(super) fn data(node: &Node<'_>) -> Result<Option<Data>, Malformed> {
    for (name, read) in KINDS {
        if let Some(data) = node.message(name, read)? {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn number(node: &Node<'_>) -> Result<NumberDataPoint, Malformed> {
    let double = node.message("asDouble", as_double)?.map(number_data_point::Value::AsDouble);
    let whole = node.message("asInt", as_signed)?.map(number_data_point::Value::AsInt);
    Ok(NumberDataPoint {
        attributes: attributes(node)?,
        start_time_unix_nano: node.unsigned("startTimeUnixNano")?,
        time_unix_nano: node.unsigned("timeUnixNano")?,
        exemplars: node.list("exemplars", exemplar)?,
        flags: node.small("flags")?,
        value: double.or(whole),
    })
}

fn histogram(node: &Node<'_>) -> Result<HistogramDataPoint, Malformed> {
    Ok(HistogramDataPoint {
        attributes: attributes(node)?,
        start_time_unix_nano: node.unsigned("startTimeUnixNano")?,
        time_unix_nano: node.unsigned("timeUnixNano")?,
        count: node.unsigned("count")?,
        sum: node.message("sum", as_double)?,
        bucket_counts: node.list("bucketCounts", as_unsigned)?,
        explicit_bounds: node.list("explicitBounds", as_double)?,
        exemplars: node.list("exemplars", exemplar)?,
        flags: node.small("flags")?,
        min: node.message("min", as_double)?,
        max: node.message("max", as_double)?,
    })
}

fn exponential(node: &Node<'_>) -> Result<ExponentialHistogramDataPoint, Malformed> {
    Ok(ExponentialHistogramDataPoint {
        attributes: attributes(node)?,
        start_time_unix_nano: node.unsigned("startTimeUnixNano")?,
        time_unix_nano: node.unsigned("timeUnixNano")?,
        count: node.unsigned("count")?,
        sum: node.message("sum", as_double)?,
        scale: node.enumeration("scale")?,
        zero_count: node.unsigned("zeroCount")?,
        positive: node.message("positive", buckets)?,
        negative: node.message("negative", buckets)?,
        flags: node.small("flags")?,
        exemplars: node.list("exemplars", exemplar)?,
        min: node.message("min", as_double)?,
        max: node.message("max", as_double)?,
        zero_threshold: node.double("zeroThreshold")?,
    })
}

fn buckets(node: &Node<'_>) -> Result<Buckets, Malformed> {
    Ok(Buckets {
        offset: node.enumeration("offset")?,
        bucket_counts: node.list("bucketCounts", as_unsigned)?,
    })
}

fn summary(node: &Node<'_>) -> Result<SummaryDataPoint, Malformed> {
    Ok(SummaryDataPoint {
        attributes: attributes(node)?,
        start_time_unix_nano: node.unsigned("startTimeUnixNano")?,
        time_unix_nano: node.unsigned("timeUnixNano")?,
        count: node.unsigned("count")?,
        sum: node.double("sum")?,
        quantile_values: node.list("quantileValues", |node| {
            Ok(ValueAtQuantile { quantile: node.double("quantile")?, value: node.double("value")? })
        })?,
        flags: node.small("flags")?,
    })
}

fn exemplar(node: &Node<'_>) -> Result<Exemplar, Malformed> {
    let double = node.message("asDouble", as_double)?.map(exemplar::Value::AsDouble);
    let whole = node.message("asInt", as_signed)?.map(exemplar::Value::AsInt);
    Ok(Exemplar {
        filtered_attributes: node.list("filteredAttributes", attribute)?,
        time_unix_nano: node.unsigned("timeUnixNano")?,
        span_id: node.hex("spanId")?,
        trace_id: node.hex("traceId")?,
        value: double.or(whole),
    })
}
