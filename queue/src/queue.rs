//! The queue: one set of verbs over two homes.

use std::time::Duration;

use bytes::Bytes;

use crate::address::Address;
use crate::error::QueueError;
use crate::id::JobId;
use crate::job::{Cursor, Delivery, Lease, Letter, Progress, Put, Status, Value};
use crate::limits::fits;
use crate::nats::NatsQueue;
use crate::settings::Settings;
use crate::sqlite::SqliteQueue;

/// A queue. Clones are the same queue. Every method may fail with [`QueueError`] where its home cannot be reached; what it
/// then did is not known, and each may be asked again.
#[derive(Clone)]
pub struct Queue {
    home: Home,
    settings: Settings,
}

#[derive(Clone)]
enum Home {
    Sqlite(SqliteQueue),
    Nats(NatsQueue),
}

/// Asks the home, whichever it is.
macro_rules! at_home {
    ($queue:expr, $verb:ident($($argument:expr),*)) => {
        match &$queue.home {
            Home::Sqlite(queue) => queue.$verb($($argument),*).await,
            Home::Nats(queue) => queue.$verb($($argument),*).await,
        }
    };
}

#[expect(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Queue {
    /// Opens the queue at an address, and makes what is not there.
    pub async fn open(address: &Address, settings: Settings) -> Result<Self, QueueError> {
        let home = match address {
            Address::Memory => Home::Sqlite(SqliteQueue::open(None, settings.clone()).await?),
            Address::File(path) => Home::Sqlite(SqliteQueue::open(Some(path), settings.clone()).await?),
            Address::Nats(address) => Home::Nats(NatsQueue::open(address, settings.clone()).await?),
        };
        Ok(Self { home, settings })
    }

    /// How it behaves.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Puts a job. When it returns, the job outlives every process; a second `put` of an id changes nothing.
    pub async fn put(&self, id: &JobId, body: Bytes) -> Result<Put, QueueError> {
        fits("job", &body)?;
        at_home!(self, put(id, body))
    }

    /// Takes the next job under a lease; waits for one at most so long. A job that is over, or was delivered often enough, is
    /// dealt with on the way. Dropping the future may cost a job one delivery.
    pub async fn take(&self, wait: Duration) -> Result<Option<Delivery>, QueueError> {
        at_home!(self, take(wait))
    }

    /// Extends the lease: it begins anew now.
    pub async fn extend(&self, delivery: &Delivery) -> Result<Lease, QueueError> {
        at_home!(self, extend(delivery))
    }

    /// Keeps the result and takes the job off the queue.
    pub async fn finish(&self, delivery: &Delivery, result: Bytes) -> Result<Lease, QueueError> {
        fits("result", &result)?;
        at_home!(self, finish(delivery, result))
    }

    /// Takes a job off the queue without a result, as one that was cancelled.
    pub async fn abandon(&self, delivery: &Delivery) -> Result<Lease, QueueError> {
        at_home!(self, abandon(delivery))
    }

    /// Gives the job back; it is delivered again after `delay`, if it was not delivered often enough.
    pub async fn give_back(&self, delivery: &Delivery, delay: Duration) -> Result<Lease, QueueError> {
        at_home!(self, give_back(delivery, delay))
    }

    /// Adds a record to the job's progress. What a delivery that lost its job adds is seen by nobody.
    pub async fn append(&self, delivery: &mut Delivery, record: Bytes) -> Result<(), QueueError> {
        fits("record", &record)?;
        at_home!(self, append(delivery, record))?;
        delivery.records += 1;
        Ok(())
    }

    /// What the newest delivery of a job told of its progress behind a cursor; `None` where the job is not known.
    pub async fn progress(&self, id: &JobId, after: Cursor) -> Result<Option<Progress>, QueueError> {
        at_home!(self, progress(id, after))
    }

    /// What is known of a job; `None` where it is not known.
    pub async fn status(&self, id: &JobId) -> Result<Option<Status>, QueueError> {
        at_home!(self, status(id))
    }

    /// Wishes that a job stops. One that waits is never delivered; one that runs is stopped by its worker, which finds out by
    /// [`Status::is_cancelled`]. One that is over stays what it is.
    pub async fn cancel(&self, id: &JobId) -> Result<(), QueueError> {
        at_home!(self, cancel(id))
    }

    /// Jobs that were delivered as often as they may be, oldest first, at most so many.
    pub async fn dead(&self, most: usize) -> Result<Vec<Letter>, QueueError> {
        at_home!(self, dead(most))
    }

    /// What is kept under a name: 1 to 64 of `[A-Za-z0-9_-]`.
    pub async fn recall(&self, name: &JobId) -> Result<Option<Value>, QueueError> {
        at_home!(self, recall(name.as_str()))
    }

    /// Keeps something under a name in the place of version `over`; 0 where there is nothing. The version that it has now;
    /// `None` where there is another than `over`, and nothing was kept.
    pub async fn remember(&self, name: &JobId, bytes: Bytes, over: u64) -> Result<Option<u64>, QueueError> {
        fits("value", &bytes)?;
        at_home!(self, remember(name.as_str(), bytes, over))
    }

    /// Forgets what is kept under a name; who then writes over the version that was there writes nothing.
    pub async fn forget(&self, name: &JobId) -> Result<(), QueueError> {
        at_home!(self, forget(name.as_str()))
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let home = match self.home {
            Home::Sqlite(_) => "SQLite",
            Home::Nats(_) => "NATS",
        };
        write!(out, "Queue({home})")
    }
}
