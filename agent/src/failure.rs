//! An attempt that gave no reply, and what there was of one.

use std::time::Duration;

use crate::cause::{Cause, Place};
use crate::reply::Reply;

/// An attempt, or a whole call, that gave no reply.
#[derive(Debug)]
pub(crate) struct CallFailure {
    pub(crate) cause: Cause,
    pub(crate) request_id: Option<String>,
    /// Text that had arrived.
    pub(crate) text: String,
    /// How long the service asked to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl CallFailure {
    /// A whole reply from which nothing follows.
    pub(crate) fn of_reply(cause: Cause, reply: Reply) -> Self {
        Self { cause, text: reply.text(), request_id: reply.request_id, retry_after: None }
    }

    /// Whether a text broke off: what there is of it may be worth keeping.
    pub(crate) fn is_cut_text(&self) -> bool {
        let broke = match &self.cause {
            Cause::Service(fault) => fault.place == Place::InStream,
            Cause::Transport { place, .. } => *place == Place::InStream,
            Cause::Incomplete | Cause::Protocol(_) => true,
            _ => false,
        };
        broke && !self.text.trim().is_empty()
    }
}

impl From<Cause> for CallFailure {
    fn from(cause: Cause) -> Self {
        Self { cause, request_id: None, text: String::new(), retry_after: None }
    }
}
