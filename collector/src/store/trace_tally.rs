//! What a batch adds to a trace: its row is written twice a batch, not once a span.

use crate::rows::SpanRow;
use rusqlite::{Connection, params};

#[derive(Debug)]
pub(super) struct TraceTally {
    id: i64,
    started: i64,
    ended: i64,
    spans: i64,
    errors: i64,
    root: Option<(String, String)>,
    service: Option<String>,
    error: Option<String>,
    conversation: Option<String>,
}

impl TraceTally {
    /// Finds the trace, or makes it.
    pub(super) fn start(to: &Connection, row: &SpanRow, now: i64) -> rusqlite::Result<Self> {
        let id = to
            .prepare_cached(
                "INSERT INTO traces (trace_id, started, ended, updated, spans, errors) VALUES (?, ?, ?, ?, 0, 0)
                 ON CONFLICT (trace_id) DO UPDATE SET updated = excluded.updated RETURNING id",
            )?
            .query_row(params![row.trace, row.started, row.ended, now], |row| row.get(0))?;
        Ok(Self {
            id,
            started: row.started,
            ended: row.ended,
            spans: 0,
            errors: 0,
            root: None,
            service: None,
            error: None,
            conversation: None,
        })
    }

    pub(super) fn id(&self) -> i64 {
        self.id
    }

    /// Counts a span that was not there before.
    pub(super) fn count(&mut self, row: &SpanRow, service: &str) {
        self.started = self.started.min(row.started);
        self.ended = self.ended.max(row.ended);
        self.spans += 1;
        self.errors += i64::from(row.failed());
        if row.parent.is_none() {
            self.root = Some((row.name.clone(), service.to_owned()));
        }
        self.service.get_or_insert_with(|| service.to_owned());
        self.error = self.error.take().or_else(|| row.error.clone());
        self.conversation = self.conversation.take().or_else(|| row.conversation.clone());
    }

    pub(super) fn write(&self, to: &Connection) -> rusqlite::Result<()> {
        if self.spans == 0 {
            return Ok(());
        }
        let (root, its_service) = self.root.as_ref().map(|(name, service)| (name, service)).unzip();
        to.prepare_cached(
            "UPDATE traces SET started = min(started, ?2), ended = max(ended, ?3), spans = spans + ?4,
             errors = errors + ?5, root = coalesce(?6, root), service = coalesce(?7, service, ?8),
             error = coalesce(error, ?9), conversation = coalesce(conversation, ?10) WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.started,
            self.ended,
            self.spans,
            self.errors,
            root,
            its_service,
            self.service,
            self.error,
            self.conversation
        ])?;
        Ok(())
    }
}
