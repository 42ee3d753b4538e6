//! A file's queue as tokio sees it: SQLite blocks, so it works on threads for that. Who waits for a job looks again and again,
//! because another process cannot call.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rusqlite::Connection;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::tables::Tables;
use crate::claim::Claim;
use crate::error::QueueError;
use crate::id::JobId;
use crate::job::{Cursor, Delivery, Lease, Letter, Progress, Put, Status, Value};
use crate::settings::{Settings, millis};

/// So often a taker that waits looks whether another process has put a job, or lost one.
const LOOK: Duration = Duration::from_millis(100);

/// A queue in an SQLite file.
#[derive(Clone)]
pub(crate) struct SqliteQueue {
    tables: Arc<Mutex<Tables>>,
    settings: Settings,
    /// Called when this process puts a job.
    put: Arc<Notify>,
}

impl SqliteQueue {
    /// Opens a file, and makes it where it is not there; without one, a queue of this process.
    pub(crate) async fn open(path: Option<&Path>, settings: Settings) -> Result<Self, QueueError> {
        let path = path.map(Path::to_owned);
        let open = move || match path {
            Some(path) => Tables::new(Connection::open(path)?),
            None => Tables::new(Connection::open_in_memory()?),
        };
        let tables = tokio::task::spawn_blocking(open).await??;
        Ok(Self { tables: Arc::new(Mutex::new(tables)), settings, put: Arc::default() })
    }

    pub(crate) async fn put(&self, id: &JobId, body: Bytes) -> Result<Put, QueueError> {
        let (id, now, keep) = (id.clone(), self.settings.now_ms(), millis(self.settings.keep));
        let put = self.act(move |tables| tables.put(id.as_str(), &body, now, keep)).await?;
        self.put.notify_one();
        Ok(put)
    }

    pub(crate) async fn take(&self, wait: Duration) -> Result<Option<Delivery>, QueueError> {
        let until = Instant::now() + wait;
        loop {
            let (now, lease) = (self.settings.now_ms(), millis(self.settings.lease));
            let most = self.settings.deliveries;
            let taken = self.act(move |tables| tables.take(now, lease, most)).await?;
            if let Some((id, body, number)) = taken {
                let body = body.into();
                return Ok(Some(Delivery {
                    id: id.parse()?,
                    body,
                    number,
                    claim: Claim::Number,
                    records: 0,
                }));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            // A call, or the time to look again: either way the next look says what there is.
            let _ = timeout_at(until.min(Instant::now() + LOOK), self.put.notified()).await;
        }
    }

    pub(crate) async fn extend(&self, delivery: &Delivery) -> Result<Lease, QueueError> {
        let (now, lease) = (self.settings.now_ms(), millis(self.settings.lease));
        self.as_holder(delivery, move |tables, id, number| tables.extend(id, number, now + lease)).await
    }

    pub(crate) async fn finish(&self, delivery: &Delivery, result: Bytes) -> Result<Lease, QueueError> {
        self.as_holder(delivery, move |tables, id, number| tables.finish(id, number, &result)).await
    }

    pub(crate) async fn abandon(&self, delivery: &Delivery) -> Result<Lease, QueueError> {
        self.as_holder(delivery, |tables, id, number| tables.abandon(id, number)).await
    }

    pub(crate) async fn give_back(&self, delivery: &Delivery, delay: Duration) -> Result<Lease, QueueError> {
        let ready = self.settings.now_ms().saturating_add(millis(delay));
        self.as_holder(delivery, move |tables, id, number| tables.give_back(id, number, ready)).await
    }

    pub(crate) async fn append(&self, delivery: &Delivery, record: Bytes) -> Result<(), QueueError> {
        let place = Cursor { delivery: delivery.number, records: delivery.records + 1 };
        let id = delivery.id.clone();
        self.act(move |tables| tables.append(id.as_str(), place, &record)).await
    }

    pub(crate) async fn progress(&self, id: &JobId, after: Cursor) -> Result<Option<Progress>, QueueError> {
        let id = id.clone();
        self.act(move |tables| tables.progress(id.as_str(), after)).await
    }

    pub(crate) async fn status(&self, id: &JobId) -> Result<Option<Status>, QueueError> {
        let (id, now) = (id.clone(), self.settings.now_ms());
        self.act(move |tables| tables.status(id.as_str(), now)).await
    }

    pub(crate) async fn cancel(&self, id: &JobId) -> Result<(), QueueError> {
        let id = id.clone();
        self.act(move |tables| tables.cancel(id.as_str())).await
    }

    pub(crate) async fn dead(&self, most: usize) -> Result<Vec<Letter>, QueueError> {
        self.act(move |tables| tables.dead(most)).await
    }

    pub(crate) async fn recall(&self, name: &str) -> Result<Option<Value>, QueueError> {
        let name = name.to_owned();
        self.act(move |tables| tables.recall(&name)).await
    }

    pub(crate) async fn remember(
        &self,
        name: &str,
        bytes: Bytes,
        over: u64,
    ) -> Result<Option<u64>, QueueError> {
        let (name, now) = (name.to_owned(), self.settings.now_ms());
        self.act(move |tables| tables.remember(&name, &bytes, over, now)).await
    }

    pub(crate) async fn forget(&self, name: &str) -> Result<(), QueueError> {
        let name = name.to_owned();
        self.act(move |tables| tables.forget(&name)).await
    }

    async fn as_holder(
        &self,
        delivery: &Delivery,
        act: impl FnOnce(&mut Tables, &str, u32) -> Result<bool, rusqlite::Error> + Send + 'static,
    ) -> Result<Lease, QueueError> {
        let (id, number) = (delivery.id.clone(), delivery.number);
        let held = self.act(move |tables| act(tables, id.as_str(), number)).await?;
        Ok(if held { Lease::Held } else { Lease::Lost })
    }

    async fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tables) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, QueueError> {
        let tables = self.tables.clone();
        // Each step is a transaction of its own: a panic in one spoils nothing.
        let step = move || act(&mut tables.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(step).await??)
    }
}
