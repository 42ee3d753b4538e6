//! What a span that ended means as metrics. Pure. So whoever tells spans needs to know no metric.

use faultline_telemetry::own;
use faultline_telemetry::semconv::{CHAT, EXECUTE_TOOL, INVOKE_AGENT, Names, Version};
use opentelemetry::trace::SpanKind;
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) metric: Metric,
    pub(super) value: f64,
    pub(super) labels: Vec<KeyValue>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Metric {
    OperationDuration,
    TimeToFirstChunk,
    TimePerOutputChunk,
    InputTokens,
    OutputTokens,
    ToolDuration,
    AgentDuration,
    Retries,
    Throttles,
    BreakerOpen,
    BreakerClosed,
    ServerDuration,
    ServerTimeToFirstToken,
    ServerTimePerToken,
    Faults,
}

const N: &Names = Version::V1_41_1.names();

/// What `span` means.
pub(super) fn measured(span: &SpanData) -> Vec<Sample> {
    match (text(span, N.operation_name).as_deref(), &span.span_kind) {
        (Some(CHAT), SpanKind::Server) => served(span),
        (Some(CHAT), _) => called(span),
        (Some(EXECUTE_TOOL), _) => vec![Sample {
            metric: Metric::ToolDuration,
            value: seconds(span),
            labels: labels(span, &[N.operation_name, N.tool_name, N.error_type]),
        }],
        (Some(INVOKE_AGENT), _) => vec![Sample {
            metric: Metric::AgentDuration,
            value: seconds(span),
            labels: labels(span, &[N.operation_name, N.agent_name, N.error_type]),
        }],
        _ => asked(span),
    }
}

/// A model call, as its client saw it.
fn called(span: &SpanData) -> Vec<Sample> {
    let labels =
        labels(span, &[N.operation_name, N.provider_name, N.request_model, N.response_model, N.error_type]);
    let sample = |metric, value| Sample { metric, value, labels: labels.clone() };
    let mut all = vec![sample(Metric::OperationDuration, seconds(span))];
    all.extend(number(span, N.response_time_to_first_chunk).map(|it| sample(Metric::TimeToFirstChunk, it)));
    let frames = frames(span);
    all.extend(
        frames.windows(2).map(|pair| sample(Metric::TimePerOutputChunk, (pair[1] - pair[0]).max(0.0))),
    );
    all.extend(number(span, N.usage_input_tokens).map(|it| sample(Metric::InputTokens, it)));
    all.extend(number(span, N.usage_output_tokens).map(|it| sample(Metric::OutputTokens, it)));
    for event in &span.events.events {
        match event.name.as_ref() {
            own::RETRY_EVENT => all.push(sample(Metric::Retries, 1.0)),
            own::BREAKER_EVENT => all.push(breaker(span, Metric::BreakerOpen, 1.0)),
            _ => {}
        }
    }
    if text(span, N.error_type).is_none() {
        all.push(breaker(span, Metric::BreakerClosed, 0.0));
    }
    all
}

/// Of a model alone: what opens it and what closes it must be one series.
fn breaker(span: &SpanData, metric: Metric, value: f64) -> Sample {
    Sample { metric, value, labels: labels(span, &[N.provider_name, N.request_model]) }
}

/// An HTTP request of a model call.
fn asked(span: &SpanData) -> Vec<Sample> {
    let throttled = number(span, N.http_status) == Some(429.0)
        || text(span, N.error_type).is_some_and(|class| class.starts_with("Throttling"));
    let labels = labels(span, &[N.error_type]);
    throttled.then_some(Sample { metric: Metric::Throttles, value: 1.0, labels }).into_iter().collect()
}

/// A request, as a server saw it.
fn served(span: &SpanData) -> Vec<Sample> {
    let labels = labels(span, &[N.operation_name, N.provider_name, N.request_model, N.error_type]);
    let sample = |metric, value| Sample { metric, value, labels: labels.clone() };
    let mut all = vec![sample(Metric::ServerDuration, seconds(span))];
    let frames = frames(span);
    all.extend(frames.first().map(|first| sample(Metric::ServerTimeToFirstToken, *first)));
    let per_token = number(span, N.usage_output_tokens).filter(|count| *count > 1.0);
    if let (Some(tokens), [first, .., last]) = (per_token, frames) {
        all.push(sample(Metric::ServerTimePerToken, (last - first) / (tokens - 1.0)));
    }
    let faults = span.events.events.iter().filter(|event| event.name == own::FAULT_EVENT);
    all.extend(faults.map(|_| sample(Metric::Faults, 1.0)));
    all
}

fn seconds(span: &SpanData) -> f64 {
    span.end_time.duration_since(span.start_time).map(|span| span.as_secs_f64()).unwrap_or_default()
}

fn value<'a>(span: &'a SpanData, name: &str) -> Option<&'a Value> {
    span.attributes.iter().find(|attribute| attribute.key.as_str() == name).map(|attribute| &attribute.value)
}

fn text(span: &SpanData, name: &str) -> Option<String> {
    value(span, name).map(|value| value.as_str().into_owned())
}

fn number(span: &SpanData, name: &str) -> Option<f64> {
    match value(span, name)? {
        Value::F64(number) => Some(*number),
        // Counts and times in a span are far below 2^52.
        Value::I64(number) => Some(*number as f64),
        _ => None,
    }
}

/// When its frames came.
fn frames(span: &SpanData) -> &[f64] {
    match value(span, own::FRAMES) {
        Some(Value::Array(Array::F64(frames))) => frames,
        _ => &[],
    }
}

fn labels(span: &SpanData, names: &[&'static str]) -> Vec<KeyValue> {
    names.iter().filter_map(|name| Some(KeyValue::new(*name, text(span, name)?))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use opentelemetry::trace::{Event, SpanContext, SpanId, Status};
    use opentelemetry_sdk::trace::SpanEvents;
    use std::time::SystemTime;

    /// A model call.
    fn chat(attributes: &[(&'static str, &'static str)], events: &[&'static str]) -> SpanData {
        let event = |name: &&'static str| Event::new(*name, SystemTime::UNIX_EPOCH, Vec::new(), 0);
        let mut told = SpanEvents::default();
        told.events = events.iter().map(event).collect();
        let attributes = [&[(N.operation_name, CHAT), (N.request_model, "nova")], attributes].concat();
        SpanData {
            span_context: SpanContext::empty_context(),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Client,
            name: CHAT.into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect(),
            dropped_attributes_count: 0,
            events: told,
            links: opentelemetry_sdk::trace::SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: opentelemetry::InstrumentationScope::default(),
        }
    }

    #[test]
    fn what_opens_a_breaker_and_what_closes_it_are_one_series() {
        let of = |span: &SpanData, metric| measured(span).into_iter().find(|sample| sample.metric == metric);
        let opened = chat(&[(N.error_type, "ServiceUnavailableException")], &[own::BREAKER_EVENT]);
        let closed = chat(&[(N.response_model, "nova-2")], &[]);
        let open = of(&opened, Metric::BreakerOpen).unwrap();
        assert_eq!(of(&opened, Metric::BreakerClosed), None);
        assert_eq!(open.labels, of(&closed, Metric::BreakerClosed).unwrap().labels);
        assert_eq!(open.labels, [KeyValue::new(N.request_model, "nova")]);
    }
}
