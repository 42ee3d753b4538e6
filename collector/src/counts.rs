//! What has become of everything that came: nothing is lost in silence.

use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that every part of a collector adds to.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) spans: AtomicU64,
    pub(crate) points: AtomicU64,
    pub(crate) logs: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) forgotten: AtomicU64,
}

/// Adds.
pub(crate) fn add(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}

/// What they say at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests that came, whatever became of them.
    pub requests: u64,
    /// Spans that are in the store.
    pub spans: u64,
    /// Metric points that are in the store.
    pub points: u64,
    /// Log records that are in the store.
    pub logs: u64,
    /// Spans that were in the store already: a sender that was not answered in time has sent them again.
    pub duplicates: u64,
    /// Spans, points and records that cannot be kept; their senders were told.
    pub rejected: u64,
    /// Requests that nobody can read.
    pub malformed: u64,
    /// Requests that were turned away for lack of room, to be sent again.
    pub refused: u64,
    /// Requests that the store could not write, to be sent again.
    pub failed: u64,
    /// Rows that were removed for age or size.
    pub forgotten: u64,
}

impl Counters {
    pub(crate) fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            requests: read(&self.requests),
            spans: read(&self.spans),
            points: read(&self.points),
            logs: read(&self.logs),
            duplicates: read(&self.duplicates),
            rejected: read(&self.rejected),
            malformed: read(&self.malformed),
            refused: read(&self.refused),
            failed: read(&self.failed),
            forgotten: read(&self.forgotten),
        }
    }
}
