//! Points of OTLP as values with labels.

use super::series::{Nature, Told};
use super::value::Value;
use crate::plain;
use faultline_telemetry::prometheus::{Kind, label_name};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint, number_data_point,
};

/// Labels, by name, none twice.
pub(super) type Labels = Vec<(String, String)>;

/// `AGGREGATION_TEMPORALITY_DELTA`.
const DELTA: i32 = 1;
/// `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
const NO_VALUE: u32 = 1;

/// What a metric is in Prometheus, and how its points come together.
pub(super) fn nature(data: &Data) -> (Kind, Nature) {
    let of = |temporality: i32| if temporality == DELTA { Nature::Delta } else { Nature::Cumulative };
    match data {
        Data::Gauge(_) => (Kind::Gauge, Nature::Last),
        Data::Sum(sum) if sum.is_monotonic => (Kind::Counter, of(sum.aggregation_temporality)),
        // Up and down: what an ended process had is gone with it.
        Data::Sum(sum) if sum.aggregation_temporality == DELTA => (Kind::Gauge, Nature::Delta),
        Data::Sum(_) => (Kind::Gauge, Nature::Last),
        Data::Histogram(histogram) => (Kind::Histogram, of(histogram.aggregation_temporality)),
        // The text forms have no place for its buckets, which move: sum and count are left.
        Data::ExponentialHistogram(histogram) => (Kind::Summary, of(histogram.aggregation_temporality)),
        Data::Summary(_) => (Kind::Summary, Nature::Cumulative),
    }
}

/// What the points say.
pub(super) fn told(data: Data, received: i64) -> Vec<(Labels, Told)> {
    let of = |attributes: &[KeyValue], [start, at]: [u64; 2], flags: u32, value: Option<Value>| {
        let value = value.filter(|_| flags & NO_VALUE == 0);
        (labels(attributes), Told { start, at, received, value })
    };
    let number = |point: NumberDataPoint| {
        let value = point.value.map(|value| match value {
            number_data_point::Value::AsDouble(value) => Value::Number(value),
            // Prometheus has doubles alone.
            number_data_point::Value::AsInt(value) => Value::Number(value as f64),
        });
        of(&point.attributes, [point.start_time_unix_nano, point.time_unix_nano], point.flags, value)
    };
    let histogram = |point: HistogramDataPoint| {
        let HistogramDataPoint { explicit_bounds: bounds, bucket_counts: counts, sum, count, .. } = point;
        let value = Value::Distribution { bounds, counts, sum, count };
        of(&point.attributes, [point.start_time_unix_nano, point.time_unix_nano], point.flags, Some(value))
    };
    let exponential = |point: ExponentialHistogramDataPoint| {
        let value = Value::Quantiles {
            quantiles: Vec::new(),
            sum: point.sum.unwrap_or(f64::NAN),
            count: point.count,
        };
        of(&point.attributes, [point.start_time_unix_nano, point.time_unix_nano], point.flags, Some(value))
    };
    let summary = |point: SummaryDataPoint| {
        let quantiles = point.quantile_values.iter().map(|it| (it.quantile, it.value)).collect();
        let value = Value::Quantiles { quantiles, sum: point.sum, count: point.count };
        of(&point.attributes, [point.start_time_unix_nano, point.time_unix_nano], point.flags, Some(value))
    };
    match data {
        Data::Gauge(all) => all.data_points.into_iter().map(number).collect(),
        Data::Sum(all) => all.data_points.into_iter().map(number).collect(),
        Data::Histogram(all) => all.data_points.into_iter().map(histogram).collect(),
        Data::ExponentialHistogram(all) => all.data_points.into_iter().map(exponential).collect(),
        Data::Summary(all) => all.data_points.into_iter().map(summary).collect(),
    }
}

/// Attributes as labels. Where two come to one name, it has both values, with `;` between.
pub(super) fn labels(attributes: &[KeyValue]) -> Labels {
    let mut labels: Labels = Vec::new();
    for attribute in attributes {
        let (name, value) = (label_name(&attribute.key), text(attribute));
        match labels.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = format!("{known};{value}"),
            None => labels.push((name, value)),
        }
    }
    labels.sort();
    labels
}

fn text(attribute: &KeyValue) -> String {
    match attribute.value.as_ref() {
        None => String::new(),
        Some(value) => match &value.value {
            Some(any_value::Value::StringValue(text)) => text.clone(),
            _ => plain::value(value),
        },
    }
}
