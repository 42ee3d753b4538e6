//! The one brain of the server: what to answer. Scripted today; record, spy and mirror are other brains.
//!
//! It knows no socket and no time: an answer is a plan, which the writer executes.

use faultline_scenarios::exchange::{Answer, Exchange};
use faultline_wire::Call;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// An answer, there already or still to come. Ready answers cost no allocation.
pub enum Reply {
    /// Decided.
    Ready(Answer),
    /// Being decided: an upstream is asked first.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Ready(answer)
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ready(answer) => f.debug_tuple("Ready").field(answer).finish(),
            Self::Later(_) => f.write_str("Later(..)"),
        }
    }
}

/// Decides what to answer.
pub trait Responder: Send + Sync + 'static {
    /// The answer to one call of a session; the default session has the empty name.
    fn respond(&self, session: Arc<str>, call: Arc<Call>) -> Reply;

    /// Forgets what it knows of a session, or of all.
    fn reset(&self, session: Option<&str>);

    /// What it can answer, for the admin API.
    fn scenarios(&self) -> Value;

    /// Judges what happened: `{"passed": bool, "problems": ["…"]}`.
    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value;
}
