//! Rows of metrics: a metric is what its points share.

use super::{Fingerprint, Group, Rejected, admissible, fingerprint, resource_row, scope_row};
use crate::{json, plain};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint,
};

/// A metric of one resource and scope.
#[derive(Clone, Debug)]
pub(crate) struct MetricRow {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) unit: String,
    pub(crate) description: String,
    pub(crate) metadata: String,
    /// 0 unspecified, 1 delta, 2 cumulative; `None` for kinds that have none.
    pub(crate) temporality: Option<i32>,
    pub(crate) monotonic: Option<bool>,
    pub(crate) points: Vec<PointRow>,
}

/// A point.
#[derive(Clone, Debug)]
pub(crate) struct PointRow {
    pub(crate) at: i64,
    /// A number's value; `None` where the point is no number, has none, or is not finite.
    pub(crate) value: Option<Value>,
    pub(crate) count: Option<i64>,
    pub(crate) sum: Option<f64>,
    pub(crate) attributes: String,
    /// All of it: the metric's data with this point alone, as OTLP JSON.
    pub(crate) point: String,
}

/// The rows of a request, and what could not be kept.
pub(crate) fn metric_rows(request: ExportMetricsServiceRequest) -> (Vec<Group<MetricRow>>, Rejected) {
    let (mut groups, mut rejected) = (Vec::new(), Rejected::default());
    for told in request.resource_metrics {
        let count = told.scope_metrics.iter().flat_map(|scope| &scope.metrics).map(points_of).sum();
        let row = resource_row(told.resource, told.schema_url);
        let Some(resource) = rejected.sift(count, row) else { continue };
        for scoped in told.scope_metrics {
            let count = scoped.metrics.iter().map(points_of).sum();
            let Some(scope) = rejected.sift(count, scope_row(scoped.scope, scoped.schema_url)) else {
                continue;
            };
            let rows =
                scoped.metrics.into_iter().filter_map(|metric| row_of(metric, &mut rejected)).collect();
            groups.push(Group { rows, scope, resource: resource.clone() });
        }
    }
    (groups, rejected)
}

fn points_of(metric: &Metric) -> usize {
    match &metric.data {
        None => 0,
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        Some(Data::Summary(data)) => data.data_points.len(),
    }
}

fn row_of(metric: Metric, rejected: &mut Rejected) -> Option<MetricRow> {
    rejected.sift(points_of(&metric), admissible::attributes(&metric.metadata))?;
    let metadata = plain::attributes(&metric.metadata);
    let data = metric.data?;
    let (temporality, monotonic) = shape(&data);
    let (kind, points) = points(data);
    let points = points.into_iter().filter_map(|point| rejected.sift(1, point)).collect();
    Some(MetricRow {
        fingerprint: fingerprint(&[
            &metric.name,
            &format!("{kind} {temporality:?} {monotonic:?}"),
            &metric.unit,
            &metric.description,
            &metadata,
        ]),
        name: metric.name,
        kind,
        unit: metric.unit,
        description: metric.description,
        metadata,
        temporality,
        monotonic,
        points,
    })
}

/// Temporality, and whether a sum only grows.
fn shape(data: &Data) -> (Option<i32>, Option<bool>) {
    match data {
        Data::Gauge(_) | Data::Summary(_) => (None, None),
        Data::Sum(sum) => (Some(sum.aggregation_temporality), Some(sum.is_monotonic)),
        Data::Histogram(histogram) => (Some(histogram.aggregation_temporality), None),
        Data::ExponentialHistogram(histogram) => (Some(histogram.aggregation_temporality), None),
    }
}

fn points(data: Data) -> (&'static str, Vec<Result<PointRow, String>>) {
    match data {
        Data::Gauge(all) => {
            let alone = |point| Data::Gauge(Gauge { data_points: vec![point] });
            ("gauge", all.data_points.into_iter().map(|point| number(point, alone)).collect())
        }
        Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic }) => {
            let alone =
                |point| Data::Sum(Sum { data_points: vec![point], aggregation_temporality, is_monotonic });
            ("sum", data_points.into_iter().map(|point| number(point, alone)).collect())
        }
        Data::Histogram(Histogram { data_points, aggregation_temporality }) => {
            let one = |point: HistogramDataPoint| {
                let known = known(&point, point.time_unix_nano, Some(point.count), point.sum)?;
                let alone = Histogram { data_points: vec![point], aggregation_temporality };
                Ok(known.row(&Data::Histogram(alone)))
            };
            ("histogram", data_points.into_iter().map(one).collect())
        }
        Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality }) => {
            let one = |point: ExponentialHistogramDataPoint| {
                let known = known(&point, point.time_unix_nano, Some(point.count), point.sum)?;
                let alone = ExponentialHistogram { data_points: vec![point], aggregation_temporality };
                Ok(known.row(&Data::ExponentialHistogram(alone)))
            };
            ("exponential_histogram", data_points.into_iter().map(one).collect())
        }
        Data::Summary(all) => {
            let one = |point: SummaryDataPoint| {
                let known = known(&point, point.time_unix_nano, Some(point.count), Some(point.sum))?;
                Ok(known.row(&Data::Summary(Summary { data_points: vec![point] })))
            };
            ("summary", all.data_points.into_iter().map(one).collect())
        }
    }
}

fn number(point: NumberDataPoint, alone: impl Fn(NumberDataPoint) -> Data) -> Result<PointRow, String> {
    let value = point.value.filter(|value| !matches!(value, Value::AsDouble(value) if !value.is_finite()));
    let known = known(&point, point.time_unix_nano, None, None)?;
    Ok(PointRow { value, ..known.row(&alone(point)) })
}

/// What points of every kind have.
trait Point {
    fn attributes(&self) -> &[KeyValue];
    fn exemplars(&self) -> &[Exemplar];
}

macro_rules! point {
    ($kind:ty, $exemplars:expr) => {
        impl Point for $kind {
            fn attributes(&self) -> &[KeyValue] {
                &self.attributes
            }
            fn exemplars(&self) -> &[Exemplar] {
                let read: fn(&Self) -> &[Exemplar] = $exemplars;
                read(self)
            }
        }
    };
}

point!(NumberDataPoint, |point| &point.exemplars);
point!(HistogramDataPoint, |point| &point.exemplars);
point!(ExponentialHistogramDataPoint, |point| &point.exemplars);
point!(SummaryDataPoint, |_| &[]);

struct Known {
    at: i64,
    count: Option<i64>,
    sum: Option<f64>,
    attributes: String,
}

fn known(point: &impl Point, at: u64, count: Option<u64>, sum: Option<f64>) -> Result<Known, String> {
    admissible::attributes(point.attributes())?;
    point
        .exemplars()
        .iter()
        .try_for_each(|exemplar| admissible::attributes(&exemplar.filtered_attributes))?;
    Ok(Known {
        at: admissible::time(at)?,
        // What SQLite cannot hold as a number stands in the point as it was told.
        count: count.and_then(|count| i64::try_from(count).ok()),
        sum: sum.filter(|sum| sum.is_finite()),
        attributes: plain::attributes(point.attributes()),
    })
}

impl Known {
    fn row(self, alone: &Data) -> PointRow {
        let Self { at, count, sum, attributes } = self;
        PointRow { at, value: None, count, sum, attributes, point: json::text(alone) }
    }
}
