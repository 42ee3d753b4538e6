//! Conversations: the traces that say that they belong together, as a list shows them.

use super::trace::pattern;
use crate::store::StoreError;
use rusqlite::{Connection, params};
use serde::Serialize;

/// A conversation without its traces. Times are nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conversation {
    /// Its id.
    pub conversation: String,
    /// When its first trace began.
    pub started: i64,
    /// When its newest trace began.
    pub newest: i64,
    /// When its last span ended.
    pub ended: i64,
    /// How many traces.
    pub traces: u64,
    /// How many spans.
    pub spans: u64,
    /// How many of them failed.
    pub errors: u64,
}

/// Which conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedConversations {
    /// Those that have this in their id, whatever its case (of ASCII letters).
    pub text: Option<String>,
    /// Those with errors alone.
    pub failed: bool,
    /// Those that stand below this one in the list: its newest and its id.
    pub before: Option<(i64, String)>,
    /// At most so many, the newest.
    pub limit: u32,
}

/// The one whose newest trace is the newest first; and how many there are, whatever the limit and `before`.
///
/// # Errors
/// When the store cannot be read.
pub fn conversations(
    store: &Connection,
    wanted: &WantedConversations,
) -> Result<(Vec<Conversation>, u64), StoreError> {
    let WantedConversations { text, failed, before, limit } = wanted;
    let groups = "SELECT conversation, min(started) AS started, max(started) AS newest, max(ended) AS ended,
        count(*) AS traces, sum(spans) AS spans, sum(errors) AS errors
        FROM traces WHERE conversation IS NOT NULL AND (?1 IS NULL OR conversation LIKE ?1 ESCAPE '\\')
        GROUP BY conversation HAVING ?2 = 0 OR sum(errors) > 0";
    let text = text.as_deref().map(pattern);
    let all: i64 = store
        .prepare_cached(&format!("SELECT count(*) FROM ({groups})"))?
        .query_row(params![text, failed], |row| row.get(0))?;
    let ask = format!(
        "SELECT * FROM ({groups}) WHERE ?3 IS NULL OR (newest, conversation) < (?3, ?4)
         ORDER BY newest DESC, conversation DESC LIMIT ?5"
    );
    let (below, name) = before.as_ref().map(|(newest, name)| (newest, name)).unzip();
    let mut ask = store.prepare_cached(&ask)?;
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    let rows = ask.query_map(params![text, failed, below, name, limit], |row| {
        Ok(Conversation {
            conversation: row.get(0)?,
            started: row.get(1)?,
            newest: row.get(2)?,
            ended: row.get(3)?,
            traces: row.get(4).map(count)?,
            spans: row.get(5).map(count)?,
            errors: row.get(6).map(count)?,
        })
    })?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, count(all)))
}
