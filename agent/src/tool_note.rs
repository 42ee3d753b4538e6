//! What a running tool call tells the run, as it happens.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::tools::Piece;

/// What a running tool call tells the run.
#[derive(Debug)]
pub(crate) enum Note {
    /// The first attempt begins, of a call that was not announced.
    Started,
    Piece(Piece),
    /// Another attempt follows after a wait.
    Retry {
        attempt: u32,
        after: Duration,
        error: String,
    },
    /// Another tool takes the place.
    Fallback {
        tool: String,
        error: String,
    },
    Warning(String),
}

/// Where a call's notes go; `at` is its place among the calls of the message.
#[derive(Debug, Clone)]
pub(crate) struct Notes {
    pub(crate) at: usize,
    pub(crate) sender: UnboundedSender<(usize, Note)>,
}

impl Notes {
    pub(crate) fn send(&self, note: Note) {
        // The run has ended: nobody listens.
        let _ = self.sender.send((self.at, note));
    }
}
