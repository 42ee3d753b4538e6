//! Somebody who reads the events of one prompt, at a pace of their own.

use std::sync::Arc;

use tokio::sync::watch;

use super::execution::{Execution, Sent};

/// A reader. As long as one is there, the prompt is worked on.
pub(super) struct Watcher {
    execution: Arc<Execution>,
    seen: usize,
    count: watch::Receiver<usize>,
}

impl Watcher {
    /// Reads from behind the first `seen` events.
    pub(super) fn new(execution: Arc<Execution>, seen: usize) -> Self {
        execution.watchers.send_modify(|count| *count += 1);
        let count = execution.count.subscribe();
        Self { execution, seen, count }
    }

    /// Whose events they are.
    pub(super) fn execution(&self) -> &Arc<Execution> {
        &self.execution
    }

    /// The next event; `None` behind the last one. Dropping the future loses none.
    pub(super) async fn next(&mut self) -> Option<Arc<Sent>> {
        loop {
            if let Some(sent) = self.execution.event(self.seen) {
                self.seen = sent.number;
                self.execution.has_read(self.seen);
                return Some(sent);
            }
            if self.execution.is_over() {
                return None;
            }
            let seen = self.seen;
            // Its sender lives in the execution, which we hold.
            self.count.wait_for(|count| *count > seen).await.ok()?;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.execution.watchers.send_modify(|count| *count -= 1);
    }
}
