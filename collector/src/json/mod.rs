//! OTLP's JSON form, both ways, for the messages that the protobuf library defines.
//!
//! Written by hand, for it must be told what is wrong and where in foreign text, and nothing may be lost: NaN, numbers of
//! 64 bits, ids as hex. What is unknown is passed over, as OTLP asks. An attribute without a value is one with an empty
//! value.

mod node;
mod read_common;
mod read_logs;
mod read_metrics;
mod read_trace;
mod write;
mod write_common;
mod write_logs;
mod write_metrics;
mod write_trace;

pub(crate) use node::Malformed;
pub(crate) use write::Json;

use node::Node;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use serde_json::Value;

/// Reads what a sender of traces posts, or what was exported.
///
/// # Errors
/// What is wrong, and where.
pub fn traces(bytes: &[u8]) -> Result<ExportTraceServiceRequest, Malformed> {
    let resource_spans = Node::root(&parse(bytes)?).list("resourceSpans", read_trace::resource_spans)?;
    Ok(ExportTraceServiceRequest { resource_spans })
}

/// Reads what a sender of metrics posts.
///
/// # Errors
/// What is wrong, and where.
pub fn metrics(bytes: &[u8]) -> Result<ExportMetricsServiceRequest, Malformed> {
    let resource_metrics =
        Node::root(&parse(bytes)?).list("resourceMetrics", read_metrics::resource_metrics)?;
    Ok(ExportMetricsServiceRequest { resource_metrics })
}

/// Reads what a sender of logs posts.
///
/// # Errors
/// What is wrong, and where.
pub fn logs(bytes: &[u8]) -> Result<ExportLogsServiceRequest, Malformed> {
    let resource_logs = Node::root(&parse(bytes)?).list("resourceLogs", read_logs::resource_logs)?;
    Ok(ExportLogsServiceRequest { resource_logs })
}

pub(crate) fn resource(text: &str) -> Result<Resource, Malformed> {
    read_common::resource(&Node::root(&parse(text.as_bytes())?))
}

pub(crate) fn events(text: &str) -> Result<Vec<Event>, Malformed> {
    Node::root(&parse(text.as_bytes())?).items(read_trace::event)
}

pub(crate) fn links(text: &str) -> Result<Vec<Link>, Malformed> {
    Node::root(&parse(text.as_bytes())?).items(read_trace::link)
}

/// The data of a metric with the one point that it was written with.
pub(crate) fn data(text: &str) -> Result<Option<Data>, Malformed> {
    read_metrics::data(&Node::root(&parse(text.as_bytes())?))
}

fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(bytes).map_err(|error| Malformed(format!("this is no JSON: {error}")))
}

/// OTLP JSON of a whole message.
#[must_use]
pub fn text<T>(message: &T) -> String
where
    for<'a> Json<'a, T>: serde::Serialize,
{
    // Writing into memory fails only where a map's key is no text, and every key here is.
    serde_json::to_string(&Json(message)).unwrap_or_default()
}

/// OTLP JSON of an array of messages.
pub(crate) fn list<T>(messages: &[T]) -> String
where
    for<'a> Json<'a, T>: serde::Serialize,
{
    serde_json::to_string(&write::List(messages)).unwrap_or_default()
}
