//! What the report of traces says, as plain data. Times are milliseconds.

use serde::{Deserialize, Serialize};

/// A report of traces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceReport {
    /// What stands on top.
    pub title: String,
    /// Where it comes from.
    pub subtitle: String,
    /// How many model calls there were, and how many of them failed.
    pub calls: [u64; 2],
    /// Names and values: how many traces, from when until when.
    pub facts: Vec<(String, String)>,
    /// How sure intervals are: 0.95.
    pub confidence: f64,
    /// What was measured.
    pub measured: Vec<Measured>,
    /// The tools.
    pub tools: Vec<Tool>,
    /// A tool call that takes at least so long is a slow one.
    pub slow_ms: f64,
    /// Names and values: throttles, retries, waits.
    pub trouble: Vec<(String, String)>,
    /// Spans that failed, by the class of their error.
    pub errors: Vec<(String, u64)>,
    /// Tokens by model.
    pub tokens: Vec<Tokens>,
    /// The traces that are drawn.
    pub waterfalls: Vec<Waterfall>,
}

/// Samples of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was measured.
    pub name: String,
    /// All of them, in any order.
    pub samples_ms: Vec<f64>,
    /// Three of them: the 50th, 95th and 99th.
    pub percentiles: Vec<Percentile>,
}

/// A percentile and how sure it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentile {
    /// The sample of that rank.
    pub value_ms: f64,
    /// The ends of its interval, where the samples are enough for them.
    pub between_ms: [Option<f64>; 2],
    /// Whether there are samples enough to say it at all.
    pub enough: bool,
}

/// A tool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Calls.
    pub calls: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were slow.
    pub slow: u64,
    /// How long one takes, where there are enough to say so.
    pub median_ms: Option<f64>,
    /// The longest.
    pub most_ms: f64,
}

/// The tokens of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The model.
    pub model: String,
    /// Read, written, read from the cache, written to the cache.
    pub counts: [u64; 4],
}

/// A trace that is drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    /// Why it is drawn: "The slowest trace".
    pub title: String,
    /// Which it is.
    pub about: String,
    /// Its spans, each parent before its children.
    pub bars: Vec<Bar>,
}

/// A span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// How deep it lies.
    pub depth: usize,
    /// What it is.
    pub name: String,
    /// From the trace's start to its own.
    pub from_ms: f64,
    /// How long it took.
    pub took_ms: f64,
    /// Why it failed.
    pub failure: Option<String>,
    /// When its frames came, from its start.
    pub frames_ms: Vec<f64>,
    /// What else happened, and when, from its start.
    pub marks: Vec<(f64, Mark)>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// The first frame.
    FirstEvent,
    /// The first text.
    FirstText,
    /// The request is sent again.
    Retry,
    /// A silence ended.
    Stall,
    /// A fault, or an error.
    Fault,
}
