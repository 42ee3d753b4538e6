//! What a scripted tool does: `tools` of a scenario. Pure data; the tool server acts.

use crate::fault::Fault;
use crate::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What one tool offers and does.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolScript {
    /// What it is for, as an agent's model is told.
    pub description: Option<String>,
    /// The JSON Schema of its input; left out: any object.
    pub input_schema: Option<Map<String, Value>>,
    /// What it returns: the nth call gets the nth, later ones the last. Left out: the text `done`.
    #[serde(default)]
    pub returns: Vec<Returned>,
    /// How long it takes.
    pub latency: Option<Latency>,
    /// A call with an idempotency key (or a toolUseId) that was seen before has no second effect and is answered as
    /// the first was.
    #[serde(default)]
    pub idempotent: bool,
    /// What goes wrong with the answer, as in `faults` of a scenario; `call` counts the calls of this tool. The effect
    /// has happened by then: a `reset` at `head` is a result that is lost after the effect.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// What a tool returns.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// A text; may be empty.
    Text(String),
    /// Any JSON value, also a scalar or null.
    Json(Value),
    /// It fails with this message, which may be empty, and has had no effect.
    Error(String),
    /// So many bytes of text, in lines.
    Size(usize),
    /// So many bytes that are no text.
    Binary(usize),
    /// This text with the content type of JSON, which it need not be.
    Raw(String),
}

/// How long a tool takes: a log-normal distribution, the common shape of service latencies, by two of its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Half of the calls take less.
    pub median: Span,
    /// One call in a hundred takes more. Left out: every call takes the median.
    pub p99: Option<Span>,
}
