//! What a reply is compiled for, and why it cannot be.

use crate::file::Pace;
use crate::pace::Speed;
use crate::plan::PlanError;
use crate::seed::Seed;
use faultline_wire::frame::EncodeError;
use faultline_wire::{Family, Operation};

/// What a reply is compiled for.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The operation of the request.
    pub operation: Operation,
    /// The family whose style derived events have.
    pub family: Family,
    /// Timing, when the reply gives none of its own.
    pub pace: Option<Pace>,
    /// How fast timing is played.
    pub speed: Speed,
    /// What is drawn from: the reply's own seed.
    pub seed: &'a Seed,
    /// Characters (not bytes) of the first user message's text, for a usage estimate; 0 where it is not known.
    pub prompt_chars: usize,
}

/// Why a reply cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A frame cannot hold an event.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The actions are no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A recorded frame is neither event, exception nor raw bytes.
    #[error("frame {0} has neither `event`, `exception` nor sound `raw` bytes")]
    Frame(usize),
    /// A recorded body is neither `json`, `text` nor sound `raw` bytes.
    #[error("the body has neither `json`, `text` nor sound `raw` bytes")]
    Body,
    /// The operation has no form of this reply.
    #[error("a reply of `{reply}` has no form for {operation}")]
    Form {
        /// The reply's kind.
        reply: &'static str,
        /// The operation's name.
        operation: &'static str,
    },
}

impl Setting<'_> {
    /// Converse is the only vocabulary that a reply is written in; other operations have no form of it yet.
    pub(crate) fn require_converse(&self, reply: &'static str) -> Result<(), CompileError> {
        let operation = self.operation;
        if operation.is_converse() {
            Ok(())
        } else {
            Err(CompileError::Form { reply, operation: operation.name() })
        }
    }
}
