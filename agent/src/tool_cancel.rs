//! Tool calls that somebody cancelled while they ran.

use std::collections::{HashMap, HashSet};

use tokio::task::{AbortHandle, JoinError};

/// What the model is told.
pub(crate) const CANCELLED: &str =
    "The user cancelled this call before it ended. Whether it had an effect is not known.";

/// What the model is told of a call that had not begun.
pub(crate) const NOT_BEGUN: &str = "The tool was not run. The user cancelled the call before it began.";

/// The calls that run, by their places in the message, and those of them that were cancelled.
#[derive(Debug, Default)]
pub(crate) struct Cancels {
    handles: HashMap<usize, AbortHandle>,
    cancelled: HashSet<usize>,
}

impl Cancels {
    /// A call runs.
    pub(crate) fn started(&mut self, at: usize, handle: AbortHandle) {
        self.handles.insert(at, handle);
    }

    /// Aborts a call that runs; returns whether it does.
    pub(crate) fn abort(&mut self, at: usize) -> bool {
        let Some(handle) = self.handles.get(&at) else { return false };
        handle.abort();
        self.cancelled.insert(at)
    }

    /// Whether a call ended because it was cancelled here. One that was faster has its result.
    pub(crate) fn ended<T>(&self, at: usize, joined: &Result<T, JoinError>) -> bool {
        joined.as_ref().is_err_and(JoinError::is_cancelled) && self.cancelled.contains(&at)
    }
}
