//! What a case expects: data only. What is left out must not have happened, unless it says otherwise.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::driver::During;

/// What a client must have seen, and the server with it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Expect {
    /// The HTTP status; `null`: no answer came.
    #[serde(default = "ok")]
    pub(crate) status: Option<u16>,
    /// What the server journaled, an exchange a line: `reply 1, reset at contentBlockDelta 0: played`. As many
    /// requests must have been sent.
    pub(crate) exchanges: Vec<String>,
    /// The events in order, neighbours of one kind counted: `contentBlockDelta 0 x3`.
    #[serde(default)]
    pub(crate) events: Vec<String>,
    /// The text of all blocks.
    #[serde(default)]
    pub(crate) text: String,
    /// The pieces that a content block arrived in, by its index. Blocks left out are not looked at.
    #[serde(default)]
    pub(crate) fragments: BTreeMap<String, Vec<String>>,
    /// The tool calls, as `toolUse` blocks of a whole message. An input that is no JSON stays a text.
    #[serde(default)]
    pub(crate) tools: Vec<Value>,
    /// `{ text, signature }` or `{ redactedContent }`.
    #[serde(default)]
    pub(crate) reasoning: Option<Value>,
    /// Why the message stopped; `null`: there was no `messageStop`.
    #[serde(default)]
    pub(crate) stop_reason: Option<String>,
    /// Left out: not looked at.
    #[serde(default)]
    pub(crate) usage: Option<Value>,
    /// Left out: not looked at.
    #[serde(default)]
    pub(crate) latency_ms: Option<u64>,
    /// The error that the caller got.
    #[serde(default)]
    pub(crate) error: Option<Failure>,
    /// When things must happen; left out: not looked at.
    #[serde(default)]
    pub(crate) timing: Option<Pace>,
}

/// An error in the client's words.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Failure {
    /// The class of the exception.
    pub(crate) class: String,
    /// The AWS code; left out: there is none.
    #[serde(default)]
    pub(crate) code: Option<String>,
    /// The whole message.
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// A part of the message, where the rest is not ours to fix (an address, a version).
    #[serde(default)]
    pub(crate) message_has: Option<String>,
    /// Before or inside the stream.
    pub(crate) during: During,
    /// The client's own race: it may see no error at all.
    #[serde(default)]
    pub(crate) or_none: bool,
}

/// When events must come, in milliseconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pace {
    /// The first event.
    pub(crate) first: f64,
    /// Between two deltas.
    pub(crate) gap: f64,
    /// How far off a gap may be, and how late the server.
    pub(crate) within: f64,
}

/// Cannot be none: serde's own default for an `Option` would be.
#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn ok() -> Option<u16> {
    Some(200)
}
