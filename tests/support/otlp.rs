//! A collector for tests: takes OTLP over HTTP and keeps what came, read by OpenTelemetry's own messages. It shares no code with
//! what sends, nor with our collector.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) spans: Vec<Span>,
    /// Who told them.
    pub(crate) services: Vec<String>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) logs: Vec<LogRecord>,
}

pub(crate) struct Collector {
    pub(crate) url: String,
    told: Arc<Mutex<Told>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let told: Arc<Mutex<Told>> = Arc::default();
        let taken = told.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let taken = taken.clone();
                std::thread::spawn(move || serve(socket, &taken));
            }
        });
        Self { url, told }
    }

    /// All so far. An exporter that has ended was answered, so everything of it is here.
    pub(crate) fn told(&self) -> Told {
        self.told.lock().unwrap().clone()
    }
}

fn serve(socket: TcpStream, told: &Mutex<Told>) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut socket = socket;
    while let Some((path, body)) = request(&mut reader) {
        told.lock().unwrap().take(&path, &body);
        if socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        if path.is_empty() {
            path = line.split(' ').nth(1)?.to_owned();
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

impl Told {
    fn take(&mut self, path: &str, body: &[u8]) {
        match path {
            "/v1/traces" => {
                let request = ExportTraceServiceRequest::decode(body).unwrap();
                let resources = request.resource_spans.iter().filter_map(|it| it.resource.as_ref());
                self.services.extend(resources.filter_map(|it| of(&it.attributes, "service.name")));
                let scopes = request.resource_spans.into_iter().flat_map(|it| it.scope_spans);
                self.spans.extend(scopes.flat_map(|scope| scope.spans));
            }
            "/v1/metrics" => {
                let request = ExportMetricsServiceRequest::decode(body).unwrap();
                let scopes = request.resource_metrics.into_iter().flat_map(|it| it.scope_metrics);
                self.metrics.extend(scopes.flat_map(|scope| scope.metrics));
            }
            "/v1/logs" => {
                let request = ExportLogsServiceRequest::decode(body).unwrap();
                let scopes = request.resource_logs.into_iter().flat_map(|it| it.scope_logs);
                self.logs.extend(scopes.flat_map(|scope| scope.log_records));
            }
            other => panic!("nobody exports to {other}"),
        }
    }

    pub(crate) fn metric(&self, name: &str) -> &Metric {
        let names: Vec<_> = self.metrics.iter().map(|metric| &metric.name).collect();
        self.metrics
            .iter()
            .find(|metric| metric.name == name)
            .unwrap_or_else(|| panic!("{name} of {names:?}"))
    }

    /// The sum over all points of a metric.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        match self.metric(name).data.as_ref().unwrap() {
            Data::Histogram(histogram) => histogram.data_points.iter().filter_map(|point| point.sum).sum(),
            Data::Sum(sum) => sum.data_points.iter().map(|point| point_value(point.value.as_ref())).sum(),
            other => panic!("{name} is {other:?}"),
        }
    }

    pub(crate) fn bounds(&self, name: &str) -> Vec<f64> {
        match self.metric(name).data.as_ref().unwrap() {
            Data::Histogram(histogram) => histogram.data_points[0].explicit_bounds.clone(),
            other => panic!("{name} is {other:?}"),
        }
    }
}

fn point_value(value: Option<&number_data_point::Value>) -> f64 {
    match value {
        Some(number_data_point::Value::AsDouble(value)) => *value,
        Some(number_data_point::Value::AsInt(value)) => *value as f64,
        None => panic!("a point without a value"),
    }
}

fn value<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    attributes.iter().find(|it| it.key == name)?.value.as_ref()?.value.as_ref()
}

/// An attribute as text.
pub(crate) fn of(attributes: &[KeyValue], name: &str) -> Option<String> {
    Some(match value(attributes, name)? {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        other => format!("{other:?}"),
    })
}

pub(crate) fn text(span: &Span, name: &str) -> Option<String> {
    of(&span.attributes, name)
}

pub(crate) fn number(span: &Span, name: &str) -> Option<f64> {
    as_number(value(&span.attributes, name)?)
}

/// An attribute that is a list of numbers.
pub(crate) fn numbers(span: &Span, name: &str) -> Vec<f64> {
    let Some(Value::ArrayValue(list)) = value(&span.attributes, name) else { return Vec::new() };
    list.values.iter().filter_map(|AnyValue { value }| as_number(value.as_ref()?)).collect()
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::DoubleValue(number) => Some(*number),
        Value::IntValue(number) => Some(*number as f64),
        _ => None,
    }
}

/// What a log says.
pub(crate) fn body(log: &LogRecord) -> String {
    match log.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}
