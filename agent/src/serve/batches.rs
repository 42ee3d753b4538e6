//! The events of one prompt as they go out: in groups, for one reader. It knows no transport.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::batch::Batch;
use super::execution::Sent;
use super::settings::ServeSettings;
use super::watcher::Watcher;

/// The groups that one reader gets.
pub(super) struct Batches {
    watcher: Watcher,
    batch: Batch,
    began: Instant,
}

impl Batches {
    /// Of what the watcher sees.
    pub(super) fn new(watcher: Watcher, settings: &ServeSettings) -> Self {
        Self { watcher, batch: Batch::new(settings.batch, settings.interval), began: Instant::now() }
    }

    /// Which prompt's events they are.
    pub(super) fn execution(&self) -> &str {
        &self.watcher.execution().id
    }

    /// The next group, never an empty one; `None` behind the last. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Vec<Arc<Sent>>> {
        loop {
            let due = self.batch.due().map(|due| self.began + due);
            tokio::select! {
                sent = self.watcher.next() => match sent {
                    Some(sent) if self.batch.add(sent.clone(), self.began.elapsed()) => return Some(self.batch.take()),
                    Some(_) => {}
                    None => return Some(self.batch.take()).filter(|rest| !rest.is_empty()),
                },
                () = sleep_until(due.unwrap_or(self.began)), if due.is_some() => return Some(self.batch.take()),
            }
        }
    }
}
