//! What pages of every kind show: verdicts, requests, moments of an answer. Plain data; it must not know how it is drawn.

use serde::{Deserialize, Serialize};

/// Whether a run went as the scenario expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It did.
    Passed,
    /// It did not.
    Failed,
    /// It was not run; the arm's outcome says why.
    #[default]
    Skipped,
}

/// One request and what was sent for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// Which request of its arm, from 1.
    pub number: u64,
    /// `Converse`, `ConverseStream`, ...
    pub operation: String,
    /// The model id asked for.
    pub model: String,
    /// What the request held, in a few words.
    pub summary: String,
    /// The HTTP status answered, where there was one.
    pub status: Option<u16>,
    /// How the answer ended: `complete`, `cut`, `reset`, `RST_STREAM 8`, `GOAWAY 0`, `stall`, ...
    pub ending: String,
    /// The faults that acted, in a few words each.
    pub faults: Vec<String>,
    /// What was sent, in order.
    pub timeline: Vec<Tick>,
    /// The timeline in its text form.
    pub timeline_text: String,
    /// The request's body as indented JSON, where a reader needs it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// One moment of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tick {
    /// When, from the moment the request was understood, milliseconds.
    pub at_ms: f64,
    /// What: an event and its gist, a status line, an ending.
    pub label: String,
    /// How many bytes of body.
    pub bytes: u64,
    /// The fault that put it here or changed it.
    pub fault: Option<String>,
    /// What sort of moment.
    pub kind: TickKind,
}

/// What sort of moment a [`Tick`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TickKind {
    /// Status line and headers.
    Head,
    /// Bytes of the body.
    #[default]
    Data,
    /// The end; its label is the ending.
    End,
    /// Something that the server saw, such as the client leaving.
    Note,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The sign for it, so that colour is never alone.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::Failed => "✕",
            Self::Skipped => "–",
        }
    }
}
