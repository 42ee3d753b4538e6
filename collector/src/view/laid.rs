//! A trace laid out as a waterfall has it, for who draws it elsewhere.

use super::tree::tree;
use super::waterfall::happened;
use crate::query::{StoredSpan, chat_frames};

/// A span in its place. Times are seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Laid<'a> {
    /// How deep it lies under its root.
    pub depth: usize,
    /// The span.
    pub stored: &'a StoredSpan,
    /// From the first span's start to its own.
    pub from: f64,
    /// When its frames came, from its start.
    pub frames: Vec<f64>,
    /// What else happened, from its start: `first event`, `first text`, `retry`, `stall`, `fault or error`.
    pub marks: Vec<(f64, &'static str)>,
}

/// Each span once, in the order in which a person reads them: children follow their parent.
#[must_use]
pub fn laid_out(spans: &[StoredSpan]) -> Vec<Laid<'_>> {
    let zero = spans.iter().map(|stored| stored.span.start_time_unix_nano).min().unwrap_or_default();
    let place = |(depth, stored)| laid(depth, stored, zero);
    tree(spans).into_iter().map(place).collect()
}

/// A span that begins after `zero`, nanoseconds since 1970.
pub(crate) fn laid(depth: usize, stored: &StoredSpan, zero: u64) -> Laid<'_> {
    let marks = happened(stored).into_iter().filter(|(_, what)| *what != "frame").collect();
    let from = stored.span.start_time_unix_nano.saturating_sub(zero) as f64 / 1e9;
    Laid { depth, stored, from, frames: chat_frames(stored), marks }
}
