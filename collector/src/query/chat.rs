//! Model calls: when their frames came, and how many tokens they took. Raw samples, one a call.

use super::Window;
use super::span::{StoredSpan, each};
use crate::attribute::{number_of, numbers_of, text_of, value_of, whole_of};
use crate::store::StoreError;
use faultline_telemetry::own;
use faultline_telemetry::semconv::{MODEL_CALLS, Names, Version, spellings};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use rusqlite::{Connection, params};
use serde::Serialize;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};

/// Tokens, as the model's answer said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Read.
    pub input: i64,
    /// Written.
    pub output: i64,
    /// Read from the cache.
    pub cache_read: i64,
    /// Written to the cache.
    pub cache_write: i64,
}

/// A model call. Times are seconds, from its start. What nobody told is `None`, never a guess.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChatSample {
    /// The trace, as hex.
    pub trace_id: String,
    /// The span, as hex.
    pub span_id: String,
    /// Who told it.
    pub service: String,
    /// Whether who answered told it; else who asked.
    pub served: bool,
    /// The model that was asked for.
    pub model: String,
    /// When it began, nanoseconds since 1970.
    pub started: i64,
    /// To its end.
    pub total: f64,
    /// Whether it was a stream.
    pub streamed: bool,
    /// To the first frame.
    pub first_event: Option<f64>,
    /// To the first text.
    pub first_text: Option<f64>,
    /// Between each two frames.
    pub gaps: Vec<f64>,
    /// The longest silence between two frames.
    pub longest_stall: Option<f64>,
    /// The class of its error.
    pub error: Option<String>,
    /// What it took.
    pub usage: Option<Usage>,
}

/// All model calls that began then, the oldest first.
///
/// # Errors
/// When the store cannot be read.
pub fn chats(store: &Connection, window: Window) -> Result<Vec<ChatSample>, StoreError> {
    let mut samples = Vec::new();
    let calls = MODEL_CALLS.map(|operation| format!("'{operation}'")).join(", ");
    let condition =
        format!("operation IN ({calls}) AND spans.started >= ? AND spans.started < ? ORDER BY spans.started");
    each(store, &condition, params![window.from, window.until], |span| samples.push(ChatSample::of(&span)))?;
    Ok(one_side(samples))
}

/// A call that both sides told is one call: in traces where a caller told any, what servers told is left out.
#[must_use]
pub(super) fn one_side<Sample: Borrow<ChatSample>>(mut samples: Vec<Sample>) -> Vec<Sample> {
    let callers = samples.iter().filter(|sample| !(*sample).borrow().served);
    let told: HashSet<String> = callers.map(|sample| sample.borrow().trace_id.clone()).collect();
    samples.retain(|sample| !sample.borrow().served || !told.contains(&sample.borrow().trace_id));
    samples
}

/// Tokens by model, over calls that told any.
#[must_use]
pub fn usage_by_model(samples: &[impl Borrow<ChatSample>]) -> BTreeMap<String, Usage> {
    let mut models: BTreeMap<String, Usage> = BTreeMap::new();
    for sample in samples.iter().map(Borrow::borrow) {
        let Some(usage) = sample.usage else { continue };
        let sum = models.entry(sample.model.clone()).or_default();
        sum.input = sum.input.saturating_add(usage.input);
        sum.output = sum.output.saturating_add(usage.output);
        sum.cache_read = sum.cache_read.saturating_add(usage.cache_read);
        sum.cache_write = sum.cache_write.saturating_add(usage.cache_write);
    }
    models
}

impl ChatSample {
    /// What a span tells of a model call.
    #[must_use]
    pub fn of(stored: &StoredSpan) -> Self {
        let span = &stored.span;
        let attributes = &span.attributes;
        let names = Version::default().names();
        let frames = frames(stored);
        let gaps: Vec<f64> = frames.windows(2).map(|pair| (pair[1] - pair[0]).max(0.0)).collect();
        let first_event = number_of(attributes, own::FIRST_EVENT)
            .or_else(|| number_of(attributes, names.response_time_to_first_chunk))
            .or_else(|| offset_of(stored, own::FIRST_EVENT_EVENT))
            .or_else(|| frames.first().copied());
        let asked = value_of(attributes, names.request_stream);
        let failed = span.status.as_ref().filter(|status| status.code == 2);
        Self {
            trace_id: crate::hex::write(&span.trace_id),
            span_id: crate::hex::write(&span.span_id),
            service: stored.service.clone(),
            served: span.kind == SpanKind::Server as i32,
            model: text_of(attributes, names.request_model)
                .or_else(|| text_of(attributes, names.response_model))
                .unwrap_or_default()
                .to_owned(),
            started: i64::try_from(span.start_time_unix_nano).unwrap_or(i64::MAX),
            total: stored.duration(),
            streamed: asked == Some(&Value::BoolValue(true)) || first_event.is_some(),
            first_event,
            first_text: number_of(attributes, own::FIRST_TEXT)
                .or_else(|| offset_of(stored, own::FIRST_TEXT_EVENT)),
            longest_stall: number_of(attributes, own::LONGEST_STALL)
                .or_else(|| gaps.iter().copied().reduce(f64::max)),
            gaps,
            error: text_of(attributes, names.error_type).map(str::to_owned).or_else(|| {
                failed.map(|status| {
                    if status.message.is_empty() { "error".to_owned() } else { status.message.clone() }
                })
            }),
            usage: usage(attributes),
        }
    }
}

fn usage(attributes: &[KeyValue]) -> Option<Usage> {
    let any = |which: fn(&Names) -> &'static str| {
        spellings(which).into_iter().find_map(|name| whole_of(attributes, name))
    };
    let (input, output) = (any(|names| names.usage_input_tokens), any(|names| names.usage_output_tokens));
    (input.is_some() || output.is_some()).then(|| Usage {
        input: input.unwrap_or_default(),
        output: output.unwrap_or_default(),
        cache_read: any(|names| names.usage_cache_read_tokens).unwrap_or_default(),
        cache_write: any(|names| names.usage_cache_write_tokens).unwrap_or_default(),
    })
}

/// When its frames came, in seconds from its start: told as an array, or as an event each.
pub(crate) fn frames(stored: &StoredSpan) -> Vec<f64> {
    numbers_of(&stored.span.attributes, own::FRAMES).unwrap_or_else(|| {
        let frames = stored.span.events.iter().filter(|event| event.name == own::FRAME_EVENT);
        frames.map(|event| offset(stored, event.time_unix_nano)).collect()
    })
}

fn offset_of(stored: &StoredSpan, name: &str) -> Option<f64> {
    let event = stored.span.events.iter().find(|event| event.name == name)?;
    Some(offset(stored, event.time_unix_nano))
}

/// From a span's start to a moment, in seconds; never negative.
pub(crate) fn offset(stored: &StoredSpan, nanos: u64) -> f64 {
    nanos.saturating_sub(stored.span.start_time_unix_nano) as f64 / 1e9
}
