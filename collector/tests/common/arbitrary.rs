//! Any OTLP, as far as it can be kept.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z.]{1,8}", "\\PC{0,12}", Just("\u{0}\"\\\u{1f600}".to_owned())]
}

fn double() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![9 => POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE, 1 => Just(f64::NAN)]
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1_700_000_000_000_000_000_u64..1_800_000_000_000_000_000, Just(i64::MAX as u64)]
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        text().prop_map(|text| Some(Value::StringValue(text))),
        any::<bool>().prop_map(|value| Some(Value::BoolValue(value))),
        any::<i64>().prop_map(|value| Some(Value::IntValue(value))),
        double().prop_map(|value| Some(Value::DoubleValue(value))),
        vec(any::<u8>(), 0..6).prop_map(|bytes| Some(Value::BytesValue(bytes))),
        Just(None),
    ];
    let leaf = leaf.prop_map(|value| AnyValue { value });
    leaf.prop_recursive(4, 12, 3, |inner| {
        let list = vec(inner.clone(), 0..3).prop_map(|values| Value::ArrayValue(ArrayValue { values }));
        let map = vec((text(), inner), 0..3).prop_map(|pairs| {
            let pair = |(key, value)| KeyValue { key, value: Some(value), ..KeyValue::default() };
            Value::KvlistValue(KeyValueList { values: pairs.into_iter().map(pair).collect() })
        });
        prop_oneof![list, map].prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let one = (text(), any_value()).prop_map(|(key, value)| KeyValue {
        key,
        value: Some(value),
        ..KeyValue::default()
    });
    vec(one, 0..4)
}

fn resource() -> impl Strategy<Value = (Resource, String)> {
    let entity = (text(), text(), vec(text(), 0..3)).prop_map(|(schema_url, r#type, id_keys)| EntityRef {
        schema_url,
        r#type,
        description_keys: id_keys.clone(),
        id_keys,
    });
    (attributes(), any::<u32>(), vec(entity, 0..2), text()).prop_map(
        |(attributes, dropped_attributes_count, entity_refs, url)| {
            (Resource { attributes, dropped_attributes_count, entity_refs }, url)
        },
    )
}

fn scope() -> impl Strategy<Value = (InstrumentationScope, String)> {
    (text(), text(), attributes(), any::<u32>(), text()).prop_map(
        |(name, version, attributes, dropped_attributes_count, url)| {
            (InstrumentationScope { name, version, attributes, dropped_attributes_count }, url)
        },
    )
}

fn id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(Vec::new()), vec(1..=255_u8, length)]
}

fn span() -> impl Strategy<Value = Span> {
    let event = (time(), text(), attributes(), any::<u32>()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    );
    let link = (id(16), id(8), text(), attributes(), any::<(u32, u32)>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, (dropped_attributes_count, flags))| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    );
    let status = (text(), 0..3).prop_map(|(message, code)| Status { message, code });
    let status = of(status.prop_filter("an unset status is none", |status| *status != Status::default()));
    let whole = (vec(event, 0..3), vec(link, 0..3), attributes(), status, id(8), text());
    (whole, vec(1..=255_u8, 16), text(), any::<[u32; 4]>(), 0..6, (time(), time())).prop_map(
        |(
            (events, links, attributes, status, parent_span_id, trace_state),
            trace_id,
            name,
            counts,
            kind,
            times,
        )| {
            Span {
                trace_id,
                // Filled in: no two spans have one id.
                span_id: Vec::new(),
                trace_state,
                parent_span_id,
                flags: counts[0],
                name,
                kind,
                start_time_unix_nano: times.0,
                end_time_unix_nano: times.1,
                attributes,
                dropped_attributes_count: counts[1],
                events,
                dropped_events_count: counts[2],
                links,
                dropped_links_count: counts[3],
                status,
            }
        },
    )
}

/// Any traces.
pub(crate) fn traces() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scoped = (scope(), vec(span(), 1..4)).prop_map(|((scope, schema_url), spans)| ScopeSpans {
        scope: Some(scope),
        spans,
        schema_url,
    });
    let told = (resource(), vec(scoped, 1..3)).prop_map(|((resource, schema_url), scope_spans)| {
        ResourceSpans { resource: Some(resource), scope_spans, schema_url }
    });
    vec(told, 1..3).prop_map(|mut resource_spans| {
        let scopes = resource_spans.iter_mut().flat_map(|told| &mut told.scope_spans);
        let spans = scopes.flat_map(|scoped| &mut scoped.spans);
        for (number, span) in spans.enumerate() {
            span.span_id = (number as u64 + 1).to_be_bytes().to_vec();
        }
        ExportTraceServiceRequest { resource_spans }
    })
}

/// Any logs.
pub(crate) fn logs() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let record =
        ((time(), time()), 0..25, text(), of(any_value()), attributes(), any::<(u32, u32)>(), id(16), id(8))
            .prop_map(|(times, severity_number, name, body, attributes, counts, trace_id, span_id)| {
                LogRecord {
                    time_unix_nano: times.0,
                    observed_time_unix_nano: times.1,
                    severity_number,
                    severity_text: name.clone(),
                    body,
                    attributes,
                    dropped_attributes_count: counts.0,
                    flags: counts.1,
                    trace_id,
                    span_id,
                    event_name: name,
                }
            });
    let scoped = (scope(), vec(record, 1..4)).prop_map(|((scope, schema_url), log_records)| ScopeLogs {
        scope: Some(scope),
        log_records,
        schema_url,
    });
    let told = (resource(), vec(scoped, 1..3)).prop_map(|((resource, schema_url), scope_logs)| {
        ResourceLogs { resource: Some(resource), scope_logs, schema_url }
    });
    vec(told, 1..3).prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

fn exemplars() -> impl Strategy<Value = Vec<Exemplar>> {
    let value = prop_oneof![
        double().prop_map(exemplar::Value::AsDouble),
        any::<i64>().prop_map(exemplar::Value::AsInt),
    ];
    let one = (attributes(), time(), id(8), id(16), of(value)).prop_map(
        |(filtered_attributes, time_unix_nano, span_id, trace_id, value)| Exemplar {
            filtered_attributes,
            time_unix_nano,
            span_id,
            trace_id,
            value,
        },
    );
    vec(one, 0..2)
}

fn number() -> impl Strategy<Value = NumberDataPoint> {
    let value = prop_oneof![
        double().prop_map(number_data_point::Value::AsDouble),
        any::<i64>().prop_map(number_data_point::Value::AsInt),
    ];
    (attributes(), (time(), time()), exemplars(), 0..2_u32, of(value)).prop_map(
        |(attributes, times, exemplars, flags, value)| NumberDataPoint {
            attributes,
            start_time_unix_nano: times.0,
            time_unix_nano: times.1,
            exemplars,
            flags,
            value,
        },
    )
}

fn histogram() -> impl Strategy<Value = HistogramDataPoint> {
    let known = (of(double()), of(double()), of(double()), any::<u64>());
    (attributes(), (time(), time()), known, vec(any::<u64>(), 0..4), vec(double(), 0..4), exemplars())
        .prop_map(|(attributes, times, (sum, min, max, count), bucket_counts, explicit_bounds, exemplars)| {
            HistogramDataPoint {
                attributes,
                start_time_unix_nano: times.0,
                time_unix_nano: times.1,
                count,
                sum,
                bucket_counts,
                explicit_bounds,
                exemplars,
                flags: 1,
                min,
                max,
            }
        })
}

fn exponential() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    let buckets = || {
        of((any::<i32>(), vec(any::<u64>(), 0..4))
            .prop_map(|(offset, bucket_counts)| Buckets { offset, bucket_counts }))
    };
    let known = (of(double()), of(double()), of(double()), any::<(u64, u64)>(), double());
    (attributes(), (time(), time()), known, any::<i32>(), (buckets(), buckets()), exemplars()).prop_map(
        |(attributes, times, (sum, min, max, counts, zero_threshold), scale, sides, exemplars)| {
            ExponentialHistogramDataPoint {
                attributes,
                start_time_unix_nano: times.0,
                time_unix_nano: times.1,
                count: counts.0,
                sum,
                scale,
                zero_count: counts.1,
                positive: sides.0,
                negative: sides.1,
                flags: 0,
                exemplars,
                min,
                max,
                zero_threshold,
            }
        },
    )
}

fn summary() -> impl Strategy<Value = SummaryDataPoint> {
    let values = (double(), double()).prop_map(|(quantile, value)| ValueAtQuantile { quantile, value });
    (attributes(), (time(), time()), any::<u64>(), double(), vec(values, 0..3)).prop_map(
        |(attributes, times, count, sum, quantile_values)| SummaryDataPoint {
            attributes,
            start_time_unix_nano: times.0,
            time_unix_nano: times.1,
            count,
            sum,
            quantile_values,
            flags: 0,
        },
    )
}

/// Any metrics, each with a name of its own.
pub(crate) fn metrics() -> impl Strategy<Value = ExportMetricsServiceRequest> {
    let data = prop_oneof![
        vec(number(), 1..3).prop_map(|data_points| Data::Gauge(Gauge { data_points })),
        (vec(number(), 1..3), 0..3, any::<bool>()).prop_map(
            |(data_points, aggregation_temporality, is_monotonic)| Data::Sum(Sum {
                data_points,
                aggregation_temporality,
                is_monotonic
            })
        ),
        (vec(histogram(), 1..3), 0..3).prop_map(|(data_points, aggregation_temporality)| Data::Histogram(
            Histogram { data_points, aggregation_temporality }
        )),
        (vec(exponential(), 1..3), 0..3).prop_map(|(data_points, aggregation_temporality)| {
            Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality })
        }),
        vec(summary(), 1..3).prop_map(|data_points| Data::Summary(Summary { data_points })),
    ];
    let metric = (text(), text(), attributes(), data).prop_map(|(description, unit, metadata, data)| {
        Metric { name: String::new(), description, unit, metadata, data: Some(data) }
    });
    let scoped = (scope(), vec(metric, 1..3)).prop_map(|((scope, schema_url), metrics)| ScopeMetrics {
        scope: Some(scope),
        metrics,
        schema_url,
    });
    let told = (resource(), vec(scoped, 1..3)).prop_map(|((resource, schema_url), scope_metrics)| {
        ResourceMetrics { resource: Some(resource), scope_metrics, schema_url }
    });
    vec(told, 1..3).prop_map(|mut resource_metrics| {
        let scopes = resource_metrics.iter_mut().flat_map(|told| &mut told.scope_metrics);
        for (number, metric) in scopes.flat_map(|scoped| &mut scoped.metrics).enumerate() {
            metric.name = format!("metric.{number}");
        }
        ExportMetricsServiceRequest { resource_metrics }
    })
}
