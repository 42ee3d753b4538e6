//! The one that writes: a thread with the only connection that may. It takes batches together, commits them at once, and
//! answers each only then.

use super::error::StoreError;
use super::insert::{self, Written};
use super::retention::{self, Keep};
use super::shared::Shared;
use crate::clock::Clock;
use crate::counts::{Counters, add};
use crate::rows::Batch;
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};

/// Something to do.
pub(super) enum Job {
    Write(Waiting),
    Ask(Box<dyn FnOnce(&Connection) + Send>),
}

/// A batch whose sender waits.
pub(super) struct Waiting {
    pub(super) batch: Batch,
    pub(super) answer: oneshot::Sender<Result<(), StoreError>>,
    /// Its room in the queue, given back when it is written.
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// Rows of one commit: enough that a commit costs little, few enough that nobody waits long.
const ROWS: usize = 16_384;
/// How often one looks for what is to be forgotten while nothing comes.
const TIDY: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    pub(super) store: Connection,
    pub(super) clock: Clock,
    pub(super) keep: Keep,
    pub(super) counters: Arc<Counters>,
    pub(super) shared: Shared,
    /// When it was last looked for what is to be forgotten.
    pub(super) tidied: i64,
    /// Counts commits, for those who want to know that there is something new.
    pub(super) changed: watch::Sender<u64>,
    /// Tells other collectors that the file is taken. Dropped last: closing a file that SQLite has open loses its locks.
    pub(super) _claim: Option<File>,
}

impl Writer {
    /// Works until nobody can send a job any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut more = false;
        loop {
            match jobs.recv_timeout(if more { Duration::ZERO } else { TIDY }) {
                Ok(job) => self.work(job, jobs),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.close(),
            }
            more = self.tidy(more);
        }
    }

    fn work(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut next = Some(first);
        let mut waiting = Vec::new();
        let mut rows = 0;
        while let Some(job) = next {
            match job {
                Job::Write(one) => {
                    rows += one.batch.len();
                    waiting.push(one);
                }
                // Who asks sees everything that came before.
                Job::Ask(ask) => {
                    self.write(std::mem::take(&mut waiting));
                    ask(&self.store);
                }
            }
            next = if rows < ROWS { jobs.try_recv().ok() } else { None };
        }
        self.write(waiting);
    }

    /// Commits them together, or, where that fails, each alone: one bad batch spoils no other.
    fn write(&mut self, waiting: Vec<Waiting>) {
        let together = self.commit(waiting.iter().map(|one| &one.batch));
        let alone = together.is_err() && waiting.len() > 1;
        for one in waiting {
            let done = if alone { self.commit([&one.batch]) } else { together.clone() };
            if done.is_err() {
                add(&self.counters.failed, 1);
            }
            drop(one.room);
            // A sender that has gone will send again; then it is a duplicate.
            let _ = one.answer.send(done);
        }
    }

    fn commit<'a>(&mut self, batches: impl IntoIterator<Item = &'a Batch>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let done = transaction(&mut self.store, &mut self.shared, batches, now);
        match &done {
            Ok(written) => {
                add(&self.counters.spans, written.spans);
                add(&self.counters.points, written.points);
                add(&self.counters.logs, written.logs);
                add(&self.counters.duplicates, written.duplicates);
                self.changed.send_modify(|commits| *commits += 1);
            }
            Err(_) => self.shared.forget(),
        }
        done.map(|_| ())
    }

    /// Forgets a little, where it is time to. Whether there is more to forget.
    fn tidy(&mut self, go_on: bool) -> bool {
        let now = self.clock.now();
        let every = i64::try_from(TIDY.as_nanos()).unwrap_or(i64::MAX);
        if !go_on && now.saturating_sub(self.tidied) < every {
            return false;
        }
        self.tidied = now;
        // A store that cannot forget says so to the next one who writes: it is full.
        let step = retention::step(&mut self.store, self.keep, now).unwrap_or_default();
        if step.gone > 0 {
            self.shared.forget();
            add(&self.counters.forgotten, step.gone);
        }
        step.more
    }

    /// Leaves one file behind instead of three.
    fn close(self) {
        let _ = self.store.close();
    }
}

fn transaction<'a>(
    store: &mut Connection,
    shared: &mut Shared,
    batches: impl IntoIterator<Item = &'a Batch>,
    now: i64,
) -> Result<Written, StoreError> {
    let transaction = store.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut written = Written::default();
    for batch in batches {
        written += insert::batch(&transaction, shared, batch, now)?;
    }
    transaction.commit()?;
    Ok(written)
}
