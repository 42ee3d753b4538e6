//! Answers as JSON, each of a bounded size. Pure: over a connection, or over a digest of it.

use crate::query::{self, ChatSample, Digest, Wanted, WantedConversations, Window};
use crate::statistics::{CONFIDENCE, summary};
use crate::store::{Connection, StoreError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Which traces.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Traces {
    limit: Option<u32>,
    service: Option<String>,
    conversation: Option<String>,
    text: Option<String>,
    #[serde(default)]
    failed: bool,
    /// The last one that was seen, as `STARTED:NUMBER`; of conversations, as `NEWEST:ID`.
    before: Option<String>,
}

/// Which model calls.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Calls {
    service: Option<String>,
    model: Option<String>,
    /// So many of them, the newest; default: all.
    limit: Option<usize>,
}

/// In which buckets.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Series {
    width: Option<f64>,
    /// So many in all, instead of a width.
    buckets: Option<u16>,
    service: Option<String>,
    model: Option<String>,
}

/// The most traces of one answer.
const MOST: u32 = 1000;
/// The most tools, models, services and classes of errors of one answer.
const NAMES: usize = 50;
/// Seconds of a bucket where nobody says.
const WIDTH: f64 = 60.0;

type Answer = Result<Option<Value>, StoreError>;

pub(super) fn traces(store: &Connection, asked: Traces) -> Answer {
    let before = match asked.before.as_deref().map(place) {
        None => None,
        Some(Some((started, number))) => Some((started, number.parse().unwrap_or(i64::MAX))),
        Some(None) => return Ok(None),
    };
    let Traces { limit, service, conversation, text, failed, .. } = asked;
    let text = text.filter(|text| !text.is_empty());
    let limit = limit.unwrap_or(100).min(MOST);
    let wanted = Wanted { window: Window::ALL, service, conversation, failed, text, before: None, limit };
    let matching = query::count_traces(store, &wanted)?;
    let traces = query::traces(store, &Wanted { before, ..wanted })?;
    Ok(Some(json!({ "matching": matching, "traces": traces })))
}

/// A place in a list: what it is sorted by, and what tells equals apart.
fn place(before: &str) -> Option<(i64, &str)> {
    let (time, which) = before.split_once(':')?;
    Some((time.parse().ok()?, which))
}

pub(super) fn conversations(store: &Connection, asked: Traces) -> Answer {
    let before = asked.before.as_deref().map(place);
    if before == Some(None) {
        return Ok(None);
    }
    let wanted = WantedConversations {
        text: asked.text.filter(|text| !text.is_empty()),
        failed: asked.failed,
        before: before.flatten().map(|(newest, id)| (newest, id.to_owned())),
        limit: asked.limit.unwrap_or(100).min(MOST),
    };
    let (found, matching) = query::conversations(store, &wanted)?;
    Ok(Some(json!({ "matching": matching, "conversations": found })))
}

pub(super) fn latency(digest: &Digest, wanted: &Calls) -> Value {
    let all = digest.chats();
    let names = |of: fn(&ChatSample) -> &str| {
        let names: BTreeSet<&str> = all.iter().map(|chat| of(chat)).collect();
        names.into_iter().take(NAMES).collect::<Value>()
    };
    let (services, models) = (names(|chat| &chat.service), names(|chat| &chat.model));
    let mut chats = of(digest, wanted.service.as_deref(), wanted.model.as_deref());
    chats.drain(..chats.len().saturating_sub(wanted.limit.unwrap_or(usize::MAX)));
    let mut rows = query::latency(&chats, digest.tools());
    rows.truncate(NAMES);
    let failed = chats.iter().filter(|chat| chat.error.is_some()).count();
    let tokens: Map<String, Value> = query::usage_by_model(&chats)
        .into_iter()
        .take(NAMES)
        .map(|(model, usage)| (model, json!(usage)))
        .collect();
    json!({
        "confidence": CONFIDENCE, "calls": chats.len(), "failed": failed, "rows": rows, "tokens": tokens,
        "services": services, "models": models,
    })
}

pub(super) fn series(digest: &Digest, wanted: &Series) -> Value {
    let chats = of(digest, wanted.service.as_deref(), wanted.model.as_deref());
    let width = wanted.width.unwrap_or(WIDTH).clamp(0.001, 1e9);
    #[expect(clippy::cast_possible_truncation, reason = "it lies within the bounds above")]
    let mut nanos = (width * 1e9) as i64;
    if let (Some(buckets), Some(first), Some(last)) = (wanted.buckets, chats.first(), chats.last()) {
        // A bucket begins at a multiple of its width, so that one more may be begun.
        let most = i64::from(buckets.saturating_sub(1)).max(1);
        nanos = (last.started.saturating_sub(first.started) / most + 1).max(1_000_000);
    }
    json!(query::series(&chats, nanos))
}

/// The model calls of this service and of this model.
fn of<'a>(digest: &'a Digest, service: Option<&str>, model: Option<&str>) -> Vec<&'a ChatSample> {
    let mut chats = digest.chats();
    chats.retain(|chat| service.is_none_or(|service| service == chat.service));
    chats.retain(|chat| model.is_none_or(|model| model == chat.model));
    chats
}

pub(super) fn tools(digest: &Digest) -> Value {
    let mut tools = query::tool_use(digest.tools());
    let all = tools.len();
    tools.truncate(NAMES);
    json!({ "slow": query::SLOW, "tools": tools, "left": all - tools.len() })
}

pub(super) fn trouble(digest: &Digest) -> Value {
    let found = digest.trouble();
    let mut errors: Vec<_> = found.errors.into_iter().collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let errors: Map<String, Value> =
        errors.into_iter().take(NAMES).map(|(class, count)| (class, json!(count))).collect();
    json!({
        "throttledRequests": found.throttled_requests, "throttledCalls": found.throttled_calls,
        "retries": found.retries, "waits": summary(found.waits), "errors": errors,
    })
}
