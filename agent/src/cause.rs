//! Everything that can end a model call or a run without an answer, with what the service said kept whole. It knows
//! nothing of what follows from it: that is for `classify`.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::StopReason;
use thiserror::Error;

/// What ended a run without an answer.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Cause {
    /// The service answered with an error, before the stream or inside it.
    #[error(transparent)]
    Service(Box<ServiceFault>),
    /// The connection or the bytes on it failed: refused, reset, timed out, cut inside a frame, a bad checksum.
    #[error("the connection failed {place}: {detail}")]
    Transport {
        /// Before the answer or inside the stream.
        place: Place,
        /// Whether a time limit ran out.
        timeout: bool,
        /// The chain of causes, as the SDK words it.
        detail: String,
    },
    /// The stream ended without `messageStop` and without an error: the SDK sees nothing wrong, but the message is
    /// not whole.
    #[error("the stream ended without messageStop: the message is incomplete")]
    Incomplete,
    /// Events came in an order from which no message can be made.
    #[error("the stream's events make no message: {0}")]
    Protocol(String),
    /// The message ended normally and held nothing to show.
    #[error("the model gave an empty answer (stop reason {})", stop_reason.as_str())]
    EmptyReply {
        /// Why the model stopped.
        stop_reason: StopReason,
    },
    /// The message was stopped while it held a tool call. The call may be cut, so it was not run.
    #[error("the model was stopped by {} in a message with a tool call; the call was not run", stop_reason.as_str())]
    ToolCallCut {
        /// Why the model stopped.
        stop_reason: StopReason,
    },
    /// A stop reason that is no answer: blocked, malformed or unknown.
    #[error("the model stopped with {}, which is no answer", stop_reason.as_str())]
    Stopped {
        /// Why the model stopped.
        stop_reason: StopReason,
    },
    /// The prompt cost as many model calls as allowed and there was still no answer.
    #[error("no answer after {limit} model calls, the limit")]
    MaxTurns {
        /// `AgentConfig::max_turns`.
        limit: u32,
    },
    /// The model failed so often in a row that it is left alone for a while. Nothing was sent.
    #[error(transparent)]
    CircuitOpen(Box<OpenCircuit>),
    /// Somebody said something else, so nobody waited for the answer.
    #[error("the user went on in the middle of the answer")]
    Redirected,
    /// The first event did not come within the route's latency budget, and another model was there to be asked.
    #[error("no event came within the latency budget of {budget:?}")]
    OverBudget {
        /// [`Route::latency_budget`](crate::Route::latency_budget).
        budget: Duration,
    },
    /// The request could not be built, for example from a blank prompt.
    #[error("the request cannot be made: {0}")]
    Request(String),
}

impl Cause {
    /// Its class in a word: the service's own type, or ours. For traces and metrics, so there are few.
    #[must_use]
    pub fn class(&self) -> String {
        match self {
            Self::Service(fault) => fault.exception(),
            Self::Transport { timeout: true, .. } => "timeout".to_owned(),
            Self::Transport { .. } => "transport".to_owned(),
            Self::Incomplete => "incomplete".to_owned(),
            Self::Protocol(_) => "protocol".to_owned(),
            Self::EmptyReply { .. } => "empty_reply".to_owned(),
            Self::ToolCallCut { .. } => "tool_call_cut".to_owned(),
            Self::Stopped { .. } => "stopped".to_owned(),
            Self::MaxTurns { .. } => "max_turns".to_owned(),
            Self::CircuitOpen(_) => "circuit_open".to_owned(),
            Self::Redirected => "redirected".to_owned(),
            Self::OverBudget { .. } => "over_budget".to_owned(),
            Self::Request(_) => "request".to_owned(),
        }
    }
}

/// An error that the service reported in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} {place}: {message}")]
pub struct ServiceFault {
    /// The type as the service spelled it: `ThrottlingException` before a stream, `throttlingException` inside one.
    pub kind: String,
    /// The service's message.
    pub message: String,
    /// The service's request id.
    pub request_id: Option<String>,
    /// The HTTP status: of the error itself before a stream, `None` inside one (there it was 200).
    pub status: Option<u16>,
    /// Before the answer or inside the stream.
    pub place: Place,
}

/// A model that failed so often in a row that it is left alone for a while.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{model} is not asked for another {wait:.0?}: it failed {failures} times in a row, last with {last}")]
pub struct OpenCircuit {
    /// The model.
    pub model: String,
    /// How long still.
    pub wait: Duration,
    /// How often it failed in a row.
    pub failures: u32,
    /// The last failure's text.
    pub last: String,
}

/// Where an error came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Instead of an answer. Nothing of a message was received.
    BeforeAnswer,
    /// Inside the event stream, after HTTP 200.
    InStream,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Place::BeforeAnswer => "before the answer",
            Place::InStream => "in the stream",
        })
    }
}

impl ServiceFault {
    /// The type in upper camel case, the same for both places: `ThrottlingException`.
    #[must_use]
    pub fn exception(&self) -> String {
        let mut letters = self.kind.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    }
}
