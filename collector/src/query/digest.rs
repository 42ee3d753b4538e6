//! The samples of a whole store, kept up to date: what came since is read, and nothing twice.
//!
//! The same questions asked anew read every model call again: with a hundred thousand spans that takes a second. A page
//! asks every second.

use super::chat::{ChatSample, one_side};
use super::latency::median_gap;
use super::span::{StoredSpan, each};
use super::tool::ToolSample;
use super::trouble::{Seen, Trouble, condition};
use crate::store::StoreError;
use faultline_telemetry::semconv::{EXECUTE_TOOL, MODEL_CALLS, Version};
use rusqlite::Connection;

/// Samples of everything up to a span.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    /// The last span that is in it.
    last: i64,
    /// The first span of the store when it was begun.
    first: i64,
    /// What had been forgotten when it was begun.
    forgotten: u64,
    chats: Vec<ChatSample>,
    tools: Vec<ToolSample>,
    trouble: Seen,
}

impl Digest {
    /// Reads what came since. `forgotten` counts what the store has removed so far: when that is more than a tenth of what is in
    /// here, all is read anew. Until then what was just forgotten is still in it.
    ///
    /// # Errors
    /// When the store cannot be read. It is empty then, and the next time reads all.
    pub fn catch_up(&mut self, store: &Connection, forgotten: u64) -> Result<(), StoreError> {
        let done = self.read_on(store, forgotten);
        if done.is_err() {
            *self = Self::default();
        }
        done
    }

    fn read_on(&mut self, store: &Connection, forgotten: u64) -> Result<(), StoreError> {
        let bound = |which: &str| {
            let ask = format!("SELECT coalesce({which}(id), 0) FROM spans");
            store.query_row(&ask, [], |row| row.get::<_, i64>(0))
        };
        let (first, last) = (bound("min")?, bound("max")?);
        let seen = self.last.saturating_sub(self.first).unsigned_abs();
        let gone = forgotten.saturating_sub(self.forgotten);
        if self.last == 0 || last < self.last || gone.saturating_mul(10) > seen {
            *self = Self { first, forgotten, ..Self::default() };
        }
        if last > self.last {
            let interesting = format!("(operation IS NOT NULL OR {})", condition());
            let bounded = format!("spans.id > ? AND spans.id <= ? AND {interesting} ORDER BY spans.id");
            each(store, &bounded, (self.last, last), |span| self.add(&span))?;
            // Nearly in order as they come.
            self.chats.sort_by_key(|chat| chat.started);
            self.tools.sort_by_key(|tool| tool.started);
            self.last = last;
        }
        Ok(())
    }

    fn add(&mut self, stored: &StoredSpan) {
        self.trouble.count(stored);
        let operation =
            crate::attribute::text_of(&stored.span.attributes, Version::default().names().operation_name);
        match operation {
            Some(call) if MODEL_CALLS.contains(&call) => {
                let mut sample = ChatSample::of(stored);
                // A stream's gaps are asked for their median alone, and are many.
                sample.gaps = median_gap(&sample).into_iter().collect();
                self.chats.push(sample);
            }
            Some(EXECUTE_TOOL) => self.tools.push(ToolSample::of(stored)),
            _ => {}
        }
    }

    /// Model calls, each once, the oldest first, as [`super::chats`] has them; of a stream's gaps the median alone.
    #[must_use]
    pub fn chats(&self) -> Vec<&ChatSample> {
        one_side(self.chats.iter().collect())
    }

    /// Tool calls, as [`super::tools`] has them.
    #[must_use]
    pub fn tools(&self) -> &[ToolSample] {
        &self.tools
    }

    /// Trouble, as [`super::trouble`] has it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        self.trouble.trouble()
    }
}
