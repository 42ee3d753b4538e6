//! Everything that came, in SQLite: one thread writes, a bounded queue stands before it, anybody reads.

mod error;
mod insert;
mod retention;
mod schema;
mod shared;
mod trace_tally;
mod writer;

pub use error::StoreError;
pub use retention::Keep;
pub use rusqlite::Connection;
pub use schema::{Place, to_read};

use crate::clock::Clock;
use crate::counts::Counters;
use crate::rows::Batch;
use shared::Shared;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use writer::{Job, Waiting, Writer};

/// Batches that may wait. How many bytes they may have, who sends them says.
const WAITING: usize = 1024;

/// A way to the writer.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    jobs: SyncSender<Job>,
    changed: watch::Receiver<u64>,
}

impl Store {
    /// Opens it and starts its thread, which ends when the last way to it is gone.
    pub(crate) fn open(
        place: &Place,
        keep: Keep,
        clock: Clock,
        counters: Arc<Counters>,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let store = schema::to_write(place, keep.bytes)?;
        let _claim = schema::claim(place)?;
        let (jobs, to_do) = sync_channel(WAITING);
        let (tell, changed) = watch::channel(0);
        let tidied = clock.now();
        let writer =
            Writer { store, clock, keep, counters, shared: Shared::default(), tidied, changed: tell, _claim };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run(&to_do))
            .map_err(|error| StoreError::Sqlite(format!("no thread for it: {error}")))?;
        Ok((Self { jobs, changed }, thread))
    }

    /// Writes a batch; comes back when it is committed.
    ///
    /// # Errors
    /// When there is no room, or it cannot be written.
    pub(crate) async fn put(
        &self,
        batch: Batch,
        room: Option<OwnedSemaphorePermit>,
    ) -> Result<(), StoreError> {
        let (answer, done) = oneshot::channel();
        self.send(Job::Write(Waiting { batch, answer, room }))?;
        done.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Asks the store something; it sees everything that was written before.
    ///
    /// # Errors
    /// When there is no room, or the question fails.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, done) = oneshot::channel();
        // Who no longer wants to know is no error.
        self.send(Job::Ask(Box::new(move |store| drop(answer.send(question(store))))))?;
        done.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Changes with every commit.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}
