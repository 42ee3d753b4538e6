//! What the mock and the recorder served, as spans: each exchange when it is over, with the times at which things happened.

use super::exchange_usage::usage;
use faultline_mock_bedrock::Listener;
use faultline_scenarios::exchange::{Exchange, Verdict};
use faultline_scenarios::plan::{Act, Action, Head};
use faultline_scenarios::timeline::Outcome;
use faultline_telemetry::semconv::{AWS_BEDROCK, CHAT, Names, Version};
use faultline_telemetry::{list, own};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _};
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

const N: &Names = Version::V1_41_1.names();

/// Whether this process tells anything.
static TELLS: OnceLock<()> = OnceLock::new();

/// From now on exchanges are told.
pub(super) fn tell() {
    // A second time changes nothing.
    let _ = TELLS.set(());
}

/// The listeners of a server: these, and who tells of its exchanges, where anybody does.
pub(crate) fn listeners(mut others: Vec<Listener>) -> Vec<Listener> {
    if TELLS.get().is_some() {
        others.push(Arc::new(|exchange: &Arc<Exchange>| told(exchange, SystemTime::now())));
    }
    others
}

/// Tells of an exchange that ended at this moment.
fn told(exchange: &Exchange, ended: SystemTime) {
    let began = ended.checked_sub(exchange.timeline.ended).unwrap_or(ended);
    let parent = TraceContextPropagator::new().extract(&Request(exchange));
    let tracer = global::tracer("faultline");
    let builder = tracer
        .span_builder(format!("{} {}", operation(exchange.call.operation.name()), exchange.call.model_id))
        .with_kind(SpanKind::Server)
        .with_start_time(began)
        .with_attributes(attributes(exchange));
    let mut span = tracer.build_with_context(builder, &parent);
    for (fault, at) in faults(exchange) {
        let what = KeyValue::new(own::FAULT, fault.to_string());
        span.add_event_with_timestamp(own::FAULT_EVENT, began + at, vec![what]);
    }
    if let Some(why) = failure(exchange) {
        span.set_attribute(KeyValue::new(N.error_type, why.clone()));
        span.set_status(Status::error(why));
    }
    span.end_with_timestamp(ended);
}

/// Each fault where it first struck.
fn faults(exchange: &Exchange) -> Vec<(Arc<str>, Duration)> {
    let mut faults: Vec<(Arc<str>, Duration)> = Vec::new();
    for Action { at, fault, .. } in exchange.timeline.actions() {
        let fault = fault.filter(|fault| faults.iter().all(|(known, _)| known != fault));
        faults.extend(fault.map(|fault| (fault, at)));
    }
    faults
}

fn attributes(exchange: &Exchange) -> Vec<KeyValue> {
    let (call, decision) = (&exchange.call, &exchange.decision);
    let streamed = call.operation.name().ends_with("Stream");
    let mut all = vec![
        KeyValue::new(N.operation_name, operation(call.operation.name())),
        KeyValue::new(N.provider_name, AWS_BEDROCK),
        KeyValue::new(N.request_model, call.model_id.clone()),
        KeyValue::new(N.response_id, exchange.request_id.clone()),
        KeyValue::new("rpc.method", call.operation.name()),
        KeyValue::new("network.protocol.version", exchange.protocol),
        KeyValue::new(own::SESSION, exchange.session.to_string()),
        KeyValue::new(own::CALL, i64::try_from(decision.call).unwrap_or(i64::MAX)),
        KeyValue::new(own::VERDICT, verdict(&decision.verdict)),
    ];
    if let Verdict::Scripted { scenario, .. } = &decision.verdict {
        all.push(KeyValue::new(own::SCENARIO, scenario.to_string()));
    }
    if let Some((input, output)) = usage(exchange) {
        all.push(KeyValue::new(N.usage_input_tokens, input));
        all.push(KeyValue::new(N.usage_output_tokens, output));
    }
    all.extend(status(exchange).map(|status| KeyValue::new(N.http_status, i64::from(status))));
    if streamed {
        all.push(KeyValue::new(N.request_stream, true));
        all.push(KeyValue::new(own::FRAMES, frames(exchange)));
    }
    all
}

/// What is done, as the conventions call it; what they have no word for keeps AWS's.
fn operation(name: &'static str) -> &'static str {
    if name.starts_with("Converse") || name.starts_with("InvokeModel") { CHAT } else { name }
}

fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Scripted { .. } => "scripted",
        Verdict::Improvised => "improvised",
        Verdict::Refused { .. } => "refused",
        Verdict::Forwarded { .. } => "forwarded",
        Verdict::Unmatched { .. } => "unmatched",
    }
}

fn status(exchange: &Exchange) -> Option<u16> {
    head(exchange).map(|head| head.status)
}

/// The error's type, without the address that may stand behind it.
fn exception(exchange: &Exchange) -> Option<String> {
    let head = head(exchange)?;
    Some(head.header("x-amzn-errortype")?.split(':').next()?.to_owned())
}

fn head(exchange: &Exchange) -> Option<Head> {
    exchange.timeline.actions().find_map(|action| match action.act {
        Act::Head(head) => Some(head),
        _ => None,
    })
}

/// When the pieces of its body left.
fn frames(exchange: &Exchange) -> String {
    let pieces = exchange.timeline.actions().filter(|action| matches!(action.act, Act::Data { .. }));
    list::joined(pieces.map(|action| action.at))
}

/// Why it was no good answer, in a word.
fn failure(exchange: &Exchange) -> Option<String> {
    match (&exchange.decision.verdict, &exchange.timeline.outcome, status(exchange)) {
        (Verdict::Refused { error, .. }, ..) => Some(error.clone()),
        (_, Outcome::Failed(why), _) => Some(why.clone()),
        (_, Outcome::ClientLeft, _) => Some("client_left".to_owned()),
        (_, Outcome::ServerStopped, _) => Some("server_stopped".to_owned()),
        (_, _, Some(status)) if status >= 400 => {
            Some(exception(exchange).unwrap_or_else(|| status.to_string()))
        }
        _ => None,
    }
}

/// The headers of a request.
struct Request<'a>(&'a Exchange);

impl Extractor for Request<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.call.header(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.call.headers.iter().map(|(name, _)| name.as_str()).collect()
    }
}
