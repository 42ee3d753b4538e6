//! Answers as JSON. Pure: over a connection.

use crate::plain;
use crate::query::{self, StoredSpan, Wanted, Window};
use crate::statistics::{CONFIDENCE, summary};
use crate::store::{Connection, StoreError};
use crate::view::{happened, tree};
use serde::Deserialize;
use serde_json::{Value, json};

/// Which traces.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Traces {
    limit: Option<u32>,
    service: Option<String>,
    conversation: Option<String>,
    #[serde(default)]
    failed: bool,
}

/// Which model calls.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Calls {
    service: Option<String>,
    model: Option<String>,
    limit: Option<u32>,
}

/// In which buckets.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Series {
    width: Option<f64>,
}

/// The most traces of one answer.
const MOST: u32 = 1000;
/// Model calls of one answer, the newest: what is looked at often must not walk through all.
const CALLS: u32 = 20_000;
/// Seconds of a bucket where nobody says.
const WIDTH: f64 = 60.0;

type Answer = Result<Option<Value>, StoreError>;

pub(super) fn traces(store: &Connection, asked: Traces) -> Answer {
    let Traces { limit, service, conversation, failed } = asked;
    let limit = limit.unwrap_or(100).min(MOST);
    let wanted = Wanted { window: Window::ALL, service, conversation, failed, limit };
    Ok(Some(json!(query::traces(store, &wanted)?)))
}

pub(super) fn trace(store: &Connection, id: &str) -> Answer {
    let Some(trace) = query::trace(store, id)? else { return Ok(None) };
    let spans = query::spans(store, trace.number)?;
    let zero = spans.iter().map(|stored| stored.span.start_time_unix_nano).min().unwrap_or_default();
    let rows: Vec<Value> = tree(&spans).into_iter().map(|(depth, stored)| row(depth, stored, zero)).collect();
    Ok(Some(json!({ "trace": trace, "spans": rows })))
}

/// A span as a waterfall draws it; times in seconds, `from` from the trace's start, ticks from the span's.
fn row(depth: usize, stored: &StoredSpan, zero: u64) -> Value {
    let span = &stored.span;
    let ticks = happened(stored).into_iter().map(|(at, what)| json!({"at": at, "what": what}));
    let attributes: Value = serde_json::from_str(&plain::attributes(&span.attributes)).unwrap_or_default();
    let status = span.status.as_ref();
    json!({
        "spanId": crate::hex::write(&span.span_id), "parentSpanId": crate::hex::write(&span.parent_span_id),
        "depth": depth, "name": span.name, "service": stored.service, "kind": span.kind,
        "from": span.start_time_unix_nano.saturating_sub(zero) as f64 / 1e9, "duration": stored.duration(),
        "status": status.map_or(0, |status| status.code), "message": status.map_or("", |status| &status.message),
        "ticks": ticks.collect::<Value>(), "attributes": attributes,
    })
}

pub(super) fn latency(store: &Connection, wanted: &Calls) -> Answer {
    let window = query::newest(store, wanted.limit.unwrap_or(CALLS))?;
    let mut chats = query::chats(store, window)?;
    chats.retain(|chat| wanted.service.as_ref().is_none_or(|service| *service == chat.service));
    chats.retain(|chat| wanted.model.as_ref().is_none_or(|model| *model == chat.model));
    let rows = query::latency(&chats, &query::tools(store, window)?);
    let failed = chats.iter().filter(|chat| chat.error.is_some()).count();
    let tokens = query::usage_by_model(&chats);
    Ok(Some(json!({
        "confidence": CONFIDENCE, "calls": chats.len(), "failed": failed, "rows": rows, "tokens": tokens,
    })))
}

pub(super) fn series(store: &Connection, wanted: &Series) -> Answer {
    let width = wanted.width.unwrap_or(WIDTH).clamp(0.001, 1e9);
    #[expect(clippy::cast_possible_truncation, reason = "it lies within the bounds above")]
    let nanos = (width * 1e9) as i64;
    Ok(Some(json!(query::series(&query::chats(store, query::newest(store, CALLS)?)?, nanos))))
}

pub(super) fn trouble(store: &Connection) -> Answer {
    let found = query::trouble(store, Window::ALL)?;
    Ok(Some(json!({
        "throttledRequests": found.throttled_requests, "throttledCalls": found.throttled_calls,
        "retries": found.retries, "waits": summary(found.waits), "errors": found.errors,
    })))
}
