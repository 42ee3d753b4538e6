//! What a failed run hands back: why it failed, and what there was by then.

use thiserror::Error;

use crate::cause::Cause;
use crate::stats::RunStats;

/// Why a run gave no answer, and what there was by then.
#[derive(Debug, Error)]
#[error("{cause}{}", request_id_suffix(&self.cause, self.partial.request_id.as_deref()))]
pub struct AgentError {
    /// What went wrong.
    #[source]
    pub cause: Cause,
    /// What the run had by then.
    pub partial: Box<Partial>,
}

/// What a failed run leaves for its caller. None of it is in the conversation, unless `kept` says so.
#[derive(Debug, Default)]
pub struct Partial {
    /// Text of the reply that did not become an answer. It may stop anywhere.
    pub text: String,
    /// The request id of the model call that failed, if an answer began.
    pub request_id: Option<String>,
    /// Whether the conversation has the prompt and the text, marked as cut off, so that
    /// [`Agent::resume`](crate::Agent::resume) can ask for the rest. Only with [`PartialPolicy::Keep`](crate::PartialPolicy).
    pub kept: bool,
    /// Turns, usage, tools, times and every attempt up to the failure.
    pub stats: RunStats,
}

fn request_id_suffix(cause: &Cause, request_id: Option<&str>) -> String {
    let own = if let Cause::Service(fault) = cause { fault.request_id.as_deref() } else { None };
    own.or(request_id).map(|id| format!(" (request id {id})")).unwrap_or_default()
}
