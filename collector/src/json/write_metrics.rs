//! Writes metrics.

use super::write::{Double, Json, List, Members};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
    number_data_point,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

impl Serialize for Json<'_, ExportMetricsServiceRequest> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.any("resourceMetrics", &List(&self.0.resource_metrics))?;
        out.end()
    }
}

impl Serialize for Json<'_, ResourceMetrics> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.message("resource", self.0.resource.as_ref())?;
        out.list("scopeMetrics", &self.0.scope_metrics)?;
        out.text("schemaUrl", &self.0.schema_url)?;
        out.end()
    }
}

impl Serialize for Json<'_, ScopeMetrics> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.message("scope", self.0.scope.as_ref())?;
        out.list("metrics", &self.0.metrics)?;
        out.text("schemaUrl", &self.0.schema_url)?;
        out.end()
    }
}

impl Serialize for Json<'_, Metric> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.text("name", &self.0.name)?;
        out.text("description", &self.0.description)?;
        out.text("unit", &self.0.unit)?;
        out.list("metadata", &self.0.metadata)?;
        self.0.data.as_ref().map_or(Ok(()), |data| kind(&mut out, data))?;
        out.end()
    }
}

impl Serialize for Json<'_, Data> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        kind(&mut out, self.0)?;
        out.end()
    }
}

fn kind<M: SerializeMap>(out: &mut Members<M>, data: &Data) -> Result<(), M::Error> {
    match data {
        Data::Gauge(gauge) => out.any("gauge", &Json(gauge)),
        Data::Sum(sum) => out.any("sum", &Json(sum)),
        Data::Histogram(histogram) => out.any("histogram", &Json(histogram)),
        Data::ExponentialHistogram(histogram) => out.any("exponentialHistogram", &Json(histogram)),
        Data::Summary(summary) => out.any("summary", &Json(summary)),
    }
}

impl Serialize for Json<'_, Gauge> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("dataPoints", &self.0.data_points)?;
        out.end()
    }
}

impl Serialize for Json<'_, Sum> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("dataPoints", &self.0.data_points)?;
        out.small("aggregationTemporality", self.0.aggregation_temporality)?;
        out.flag("isMonotonic", self.0.is_monotonic)?;
        out.end()
    }
}

impl Serialize for Json<'_, Histogram> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("dataPoints", &self.0.data_points)?;
        out.small("aggregationTemporality", self.0.aggregation_temporality)?;
        out.end()
    }
}

impl Serialize for Json<'_, ExponentialHistogram> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("dataPoints", &self.0.data_points)?;
        out.small("aggregationTemporality", self.0.aggregation_temporality)?;
        out.end()
    }
}

impl Serialize for Json<'_, Summary> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("dataPoints", &self.0.data_points)?;
        out.end()
    }
}

impl Serialize for Json<'_, NumberDataPoint> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let point = self.0;
        let mut out = Members::start(serializer)?;
        out.list("attributes", &point.attributes)?;
        out.long("startTimeUnixNano", point.start_time_unix_nano)?;
        out.long("timeUnixNano", point.time_unix_nano)?;
        out.list("exemplars", &point.exemplars)?;
        out.small("flags", point.flags)?;
        match point.value {
            Some(number_data_point::Value::AsDouble(value)) => out.any("asDouble", &Double(value))?,
            Some(number_data_point::Value::AsInt(value)) => out.any("asInt", &value.to_string())?,
            None => {}
        }
        out.end()
    }
}

impl Serialize for Json<'_, HistogramDataPoint> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let point = self.0;
        let mut out = Members::start(serializer)?;
        out.list("attributes", &point.attributes)?;
        out.long("startTimeUnixNano", point.start_time_unix_nano)?;
        out.long("timeUnixNano", point.time_unix_nano)?;
        out.long("count", point.count)?;
        out.double("sum", point.sum)?;
        out.list("bucketCounts", &point.bucket_counts)?;
        out.list("explicitBounds", &point.explicit_bounds)?;
        out.list("exemplars", &point.exemplars)?;
        out.small("flags", point.flags)?;
        out.double("min", point.min)?;
        out.double("max", point.max)?;
        out.end()
    }
}

impl Serialize for Json<'_, ExponentialHistogramDataPoint> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let point = self.0;
        let mut out = Members::start(serializer)?;
        out.list("attributes", &point.attributes)?;
        out.long("startTimeUnixNano", point.start_time_unix_nano)?;
        out.long("timeUnixNano", point.time_unix_nano)?;
        out.long("count", point.count)?;
        out.double("sum", point.sum)?;
        out.small("scale", point.scale)?;
        out.long("zeroCount", point.zero_count)?;
        out.message("positive", point.positive.as_ref())?;
        out.message("negative", point.negative.as_ref())?;
        out.small("flags", point.flags)?;
        out.list("exemplars", &point.exemplars)?;
        out.double("min", point.min)?;
        out.double("max", point.max)?;
        out.double("zeroThreshold", not_zero(point.zero_threshold))?;
        out.end()
    }
}

/// A double that is left out where it is zero, but not where it is minus zero.
fn not_zero(value: f64) -> Option<f64> {
    (value.to_bits() != 0).then_some(value)
}

impl Serialize for Json<'_, Buckets> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.small("offset", self.0.offset)?;
        out.list("bucketCounts", &self.0.bucket_counts)?;
        out.end()
    }
}

impl Serialize for Json<'_, SummaryDataPoint> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let point = self.0;
        let mut out = Members::start(serializer)?;
        out.list("attributes", &point.attributes)?;
        out.long("startTimeUnixNano", point.start_time_unix_nano)?;
        out.long("timeUnixNano", point.time_unix_nano)?;
        out.long("count", point.count)?;
        out.double("sum", not_zero(point.sum))?;
        out.list("quantileValues", &point.quantile_values)?;
        out.small("flags", point.flags)?;
        out.end()
    }
}

impl Serialize for Json<'_, ValueAtQuantile> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.double("quantile", not_zero(self.0.quantile))?;
        out.double("value", not_zero(self.0.value))?;
        out.end()
    }
}

impl Serialize for Json<'_, Exemplar> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("filteredAttributes", &self.0.filtered_attributes)?;
        out.long("timeUnixNano", self.0.time_unix_nano)?;
        out.hex("spanId", &self.0.span_id)?;
        out.hex("traceId", &self.0.trace_id)?;
        match self.0.value {
            Some(exemplar::Value::AsDouble(value)) => out.any("asDouble", &Double(value))?,
            Some(exemplar::Value::AsInt(value)) => out.any("asInt", &value.to_string())?,
            None => {}
        }
        out.end()
    }
}

/// 64 bits in a list, as a string.
impl Serialize for Json<'_, u64> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

impl Serialize for Json<'_, f64> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Double(*self.0).serialize(serializer)
    }
}
