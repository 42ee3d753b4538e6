//! The one brain of the server: what to answer. Scripted today; record, spy and mirror are other brains.
//!
//! It knows no socket and no time: an answer is a plan, which the writer executes.

use faultline_scenarios::exchange::{Answer, Exchange};
use faultline_scenarios::file::Fault;
use faultline_wire::Call;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

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
    /// The answer to one call of a session, which came at `now`, counted from the start of the server. The default session
    /// has the empty name.
    fn respond(&self, session: Arc<str>, call: Arc<Call>, now: Duration) -> Reply;

    /// Forgets what it knows of a session, or of all.
    fn reset(&self, session: Option<&str>);

    /// Adds a fault while the server runs, to one session or to all; `written` is its JSON, for
    /// [`injected`](Self::injected). Whether it was taken: a brain that plays no scenarios takes none.
    fn inject(&self, session: Option<&str>, fault: Fault, written: Value) -> bool {
        let _ = (session, fault, written);
        false
    }

    /// The faults that were added, to one session or to any: `[{"session": "…" or null, "fault": {…}, "struck": 0}]`.
    fn injected(&self, session: Option<&str>) -> Value {
        let _ = session;
        Value::Array(Vec::new())
    }

    /// Forgets the faults that were added to one session, or all of them; how many.
    fn forget_injected(&self, session: Option<&str>) -> usize {
        let _ = session;
        0
    }

    /// What it can answer, for the admin API.
    fn scenarios(&self) -> Value;

    /// Judges what happened: `{"passed": bool, "problems": ["…"]}`.
    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value;
}
