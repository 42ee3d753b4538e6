//! Spans as they were sent.

use crate::store::StoreError;
use crate::{json, plain};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use rusqlite::{Connection, Params, Row};

/// A span, and who told it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSpan {
    /// Its number in this store; a later span has a greater one.
    pub number: i64,
    /// Who told it; may be empty.
    pub service: String,
    /// The resource that told it: `resources.id`.
    pub resource: i64,
    /// The scope that told it: `scopes.id`.
    pub scope: i64,
    /// The span.
    pub span: Span,
}

impl StoredSpan {
    /// How long it took, in seconds; never negative.
    #[must_use]
    pub fn duration(&self) -> f64 {
        let time = |nanos| i64::try_from(nanos).unwrap_or(i64::MAX);
        seconds(time(self.span.start_time_unix_nano), time(self.span.end_time_unix_nano))
    }
}

/// From one moment to another, both nanoseconds since 1970; never negative.
pub(super) fn seconds(from: i64, to: i64) -> f64 {
    to.saturating_sub(from).max(0) as f64 / 1e9
}

const COLUMNS: &str = "spans.id, resources.service, spans.resource, spans.scope, trace_id, span_id, parent_id, spans.name,
    kind, spans.started, spans.ended, status, status_message, spans.attributes, events, links, trace_state, flags,
    spans.dropped_attributes, dropped_events, dropped_links";
const TABLES: &str =
    "spans JOIN traces ON traces.id = spans.trace JOIN resources ON resources.id = spans.resource";

/// The spans of a trace ([`super::Trace::number`]), in the order in which they began.
///
/// # Errors
/// When the store cannot be read.
pub fn spans(store: &Connection, trace: i64) -> Result<Vec<StoredSpan>, StoreError> {
    select(store, "spans.trace = ? ORDER BY spans.started, spans.id", [trace])
}

/// The span of a trace ([`super::Trace::number`]) that has this id, if there is one.
///
/// # Errors
/// When the store cannot be read.
pub fn span(store: &Connection, trace: i64, id: &[u8]) -> Result<Option<StoredSpan>, StoreError> {
    Ok(select(store, "spans.trace = ? AND spans.span_id = ?", (trace, id))?.pop())
}

/// The spans that came after a span ([`StoredSpan::number`]), in the order in which they came.
///
/// # Errors
/// When the store cannot be read.
pub fn spans_since(store: &Connection, after: i64, limit: u32) -> Result<Vec<StoredSpan>, StoreError> {
    select(store, "spans.id > ? ORDER BY spans.id LIMIT ?", (after, limit))
}

/// The spans for which `condition` holds.
pub(super) fn select(
    store: &Connection,
    condition: &str,
    parameters: impl Params,
) -> Result<Vec<StoredSpan>, StoreError> {
    let mut all = Vec::new();
    each(store, condition, parameters, |span| all.push(span))?;
    Ok(all)
}

/// Shows the spans for which `condition` holds one after the other: who wants a little of many holds only that.
pub(super) fn each(
    store: &Connection,
    condition: &str,
    parameters: impl Params,
    mut show: impl FnMut(StoredSpan),
) -> Result<(), StoreError> {
    let mut ask = store.prepare_cached(&format!("SELECT {COLUMNS} FROM {TABLES} WHERE {condition}"))?;
    let mut rows = ask.query(parameters)?;
    while let Some(row) = rows.next()? {
        show(read(row)?);
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<StoredSpan, StoreError> {
    let time = |column| row.get::<_, i64>(column).map(|nanos| u64::try_from(nanos).unwrap_or_default());
    let count = |column| row.get::<_, Option<u32>>(column).map(Option::unwrap_or_default);
    let text = |column| row.get::<_, Option<String>>(column);
    let (message, code) = (text(12)?.unwrap_or_default(), row.get(11)?);
    let span = Span {
        trace_id: row.get(4)?,
        span_id: row.get(5)?,
        parent_span_id: row.get::<_, Option<Vec<u8>>>(6)?.unwrap_or_default(),
        name: row.get(7)?,
        kind: row.get(8)?,
        start_time_unix_nano: time(9)?,
        end_time_unix_nano: time(10)?,
        status: (code != 0 || !message.is_empty()).then_some(Status { message, code }),
        attributes: plain::read_attributes(row.get_ref(13)?.as_str().map_err(rusqlite::Error::from)?)?,
        events: text(14)?.map_or_else(|| Ok(Vec::new()), |events| json::events(&events))?,
        links: text(15)?.map_or_else(|| Ok(Vec::new()), |links| json::links(&links))?,
        trace_state: text(16)?.unwrap_or_default(),
        flags: count(17)?,
        dropped_attributes_count: count(18)?,
        dropped_events_count: count(19)?,
        dropped_links_count: count(20)?,
    };
    Ok(StoredSpan {
        number: row.get(0)?,
        service: row.get(1)?,
        resource: row.get(2)?,
        scope: row.get(3)?,
        span,
    })
}
