//! Traces as a list shows them.

use super::Window;
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use serde::Serialize;

/// A trace without its spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Its number in this store; a later trace has a greater one.
    pub number: i64,
    /// Its id, as hex.
    pub trace_id: String,
    /// The name of the span without a parent, once that has come.
    pub root: Option<String>,
    /// Who told its root, or else its first span; may be empty.
    pub service: Option<String>,
    /// When its first span began, nanoseconds since 1970.
    pub started: i64,
    /// When its last span ended, nanoseconds since 1970.
    pub ended: i64,
    /// When the last span came, nanoseconds since 1970.
    pub updated: i64,
    /// How many spans.
    pub spans: u64,
    /// How many of them failed.
    pub errors: u64,
    /// The class of the first error that came.
    pub error: Option<String>,
    /// The conversation that it belongs to.
    pub conversation: Option<String>,
}

impl Trace {
    /// From its first span's start to its last span's end, in seconds; never negative.
    #[must_use]
    pub fn duration(&self) -> f64 {
        super::span::seconds(self.started, self.ended)
    }
}

/// Which traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Those that began then.
    pub window: Window,
    /// Those of this service.
    pub service: Option<String>,
    /// Those of this conversation.
    pub conversation: Option<String>,
    /// Those with errors alone.
    pub failed: bool,
    /// Those that have this in their id, root, service, conversation or error, whatever its case (of ASCII letters).
    pub text: Option<String>,
    /// Those that stand below this one in the list: its start and number.
    pub before: Option<(i64, i64)>,
    /// At most so many, the newest.
    pub limit: u32,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            window: Window::ALL,
            service: None,
            conversation: None,
            failed: false,
            text: None,
            before: None,
            limit: 100,
        }
    }
}

const COLUMNS: &str =
    "id, trace_id, root, service, started, ended, updated, spans, errors, error, conversation";

/// For which rows of `traces` a question holds; [`Wanted::parameters`] are its.
const CONDITION: &str = "started >= ?1 AND started < ?2 AND (?3 IS NULL OR service = ?3)
    AND (?4 IS NULL OR conversation = ?4) AND (?5 = 0 OR errors > 0)
    AND (?6 IS NULL OR (started, id) < (?6, ?7))
    AND (?8 IS NULL OR root LIKE ?8 ESCAPE '\\' OR service LIKE ?8 ESCAPE '\\' OR conversation LIKE ?8 ESCAPE '\\'
         OR error LIKE ?8 ESCAPE '\\' OR hex(trace_id) LIKE ?8 ESCAPE '\\')";

impl Wanted {
    fn parameters(&self) -> impl Params {
        let Self { window, service, conversation, failed, text, before, limit } = self;
        let (below, number) = before.unzip();
        (
            window.from,
            window.until,
            service.clone(),
            conversation.clone(),
            *failed,
            below,
            number,
            text.as_deref().map(pattern),
            *limit,
        )
    }
}

/// The pattern of LIKE that finds `text` anywhere.
pub(super) fn pattern(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("%{escaped}%")
}

/// The newest first.
///
/// # Errors
/// When the store cannot be read.
pub fn traces(store: &Connection, wanted: &Wanted) -> Result<Vec<Trace>, StoreError> {
    let ask =
        format!("SELECT {COLUMNS} FROM traces WHERE {CONDITION} ORDER BY started DESC, id DESC LIMIT ?9");
    let mut ask = store.prepare_cached(&ask)?;
    let rows = ask.query_map(wanted.parameters(), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many there are, whatever the limit.
///
/// # Errors
/// When the store cannot be read.
pub fn count_traces(store: &Connection, wanted: &Wanted) -> Result<u64, StoreError> {
    let ask = format!("SELECT count(*) FROM traces WHERE {CONDITION} AND ?9 IS NOT NULL");
    let count: i64 = store.prepare_cached(&ask)?.query_row(wanted.parameters(), |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The trace that took the longest, or, where `failed`, the one with errors that did.
///
/// # Errors
/// When the store cannot be read.
pub fn slowest(store: &Connection, failed: bool) -> Result<Option<Trace>, StoreError> {
    let ask = format!(
        "SELECT {COLUMNS} FROM traces WHERE ? = 0 OR errors > 0 ORDER BY ended - started DESC, id LIMIT 1"
    );
    Ok(store.prepare_cached(&ask)?.query_row([failed], read).optional()?)
}

/// The trace of that id, as hex; the beginning of it is enough where no other begins so.
///
/// # Errors
/// When the store cannot be read.
pub fn trace(store: &Connection, id: &str) -> Result<Option<Trace>, StoreError> {
    let id = id.to_ascii_lowercase();
    if id.is_empty() || !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(None);
    }
    // From the id filled up with 0 to the id filled up with f: the index finds them.
    let bound = |fill: char| {
        let digits: String = id.chars().chain(std::iter::repeat(fill)).take(32).collect();
        crate::hex::read(&digits)
    };
    let ask = format!("SELECT {COLUMNS} FROM traces WHERE trace_id BETWEEN ? AND ? LIMIT 2");
    let mut ask = store.prepare_cached(&ask)?;
    let mut rows = ask.query_map(params![bound('0'), bound('f')], read)?;
    let first = rows.next().transpose().optional()?.flatten();
    Ok(if rows.next().is_some() { None } else { first })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Trace> {
    let id: Vec<u8> = row.get(1)?;
    let count = |column| row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default());
    Ok(Trace {
        number: row.get(0)?,
        trace_id: crate::hex::write(&id),
        root: row.get(2)?,
        service: row.get(3)?,
        started: row.get(4)?,
        ended: row.get(5)?,
        updated: row.get(6)?,
        spans: count(7)?,
        errors: count(8)?,
        error: row.get(9)?,
        conversation: row.get(10)?,
    })
}
