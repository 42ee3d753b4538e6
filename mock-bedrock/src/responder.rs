//! The one brain of the server: what to answer. Scripted today; record, spy and mirror are other brains.
//!
//! It knows no socket and no time: an answer is a plan, which the writer executes, or what comes of it as it comes.

pub use crate::arrival::{Arrival, OpenBody, RawBody, RawRequest};
use bytes::Bytes;
use faultline_scenarios::exchange::{Answer, Decision, Exchange};
use faultline_scenarios::file::Fault;
use faultline_scenarios::plan::{Ending, Head, Label};
use faultline_wire::{Call, Header};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// An answer, there already or still to come. Ready answers cost no allocation.
pub enum Reply {
    /// Decided.
    Ready(Answer),
    /// Being decided: an upstream is asked first.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
    /// Still coming from somewhere else.
    Live(Live),
}

/// An answer that is still coming.
#[derive(Debug)]
pub struct Live {
    /// Why the answer is what it is.
    pub decision: Decision,
    /// What comes of it: a head, data, an end. Where it ceases without an end, the connection is cut.
    pub coming: mpsc::Receiver<Coming>,
    /// Whether the journal keeps of it only what it was and when it came: neither its bytes nor the headers that differ from
    /// answer to answer. They may hold what nobody should keep.
    pub bare: bool,
}

/// Something that has come of an answer, at a time that counts from the request.
#[derive(Clone, Debug)]
pub enum Coming {
    /// Status and headers, once and first.
    Head(Duration, Head),
    /// Parts of the body that came together and go out together.
    Data(Duration, Vec<Part>),
    /// The end, with HTTP trailers where it is a regular one. Nothing follows.
    End(Duration, Ending, Vec<Header>),
}

/// A part of a body.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub label: Label,
    /// Its bytes.
    pub bytes: Bytes,
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
            Self::Live(live) => f.debug_tuple("Live").field(live).finish(),
        }
    }
}

/// Decides what to answer.
pub trait Responder: Send + Sync + 'static {
    /// The answer to one request.
    fn respond(&self, arrival: Arrival) -> Reply;

    /// The request as the journal keeps it.
    fn kept(&self, call: Arc<Call>) -> Arc<Call> {
        call
    }

    /// Whether it answers requests whose body is no JSON; else they are refused before they get here.
    fn takes_anything(&self) -> bool {
        false
    }

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
