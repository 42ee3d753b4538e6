//! What the bucket says of a job: facts, written so that of two deliveries the newer wins.

use async_nats::jetstream::kv::{CreateErrorKind, Entry, Operation, UpdateErrorKind};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::places::Places;
use crate::error::QueueError;
use crate::id::JobId;
use crate::job::{Lease, Value};
use crate::rules::Facts;

/// How often a write is tried that others come before.
const TRIES: u32 = 8;

/// `run.ID`: the newest delivery of a job. The server's time of the entry is when it took or extended its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) delivery: u32,
    /// Whether it has not let go of the job.
    pub(super) held: bool,
}

/// What is known of a job, and its result.
pub(super) struct Known {
    pub(super) facts: Facts,
    pub(super) result: Option<Bytes>,
}

impl Places {
    /// The entry of a key. What was deleted is not there.
    async fn entry(&self, key: String) -> Result<Option<Entry>, QueueError> {
        let entry = self.state.entry(key).await.map_err(QueueError::nats("reading its bucket"))?;
        Ok(entry.filter(|entry| entry.operation == Operation::Put))
    }

    pub(super) async fn value(&self, key: String) -> Result<Option<Bytes>, QueueError> {
        Ok(self.entry(key).await?.map(|entry| entry.value))
    }

    pub(super) async fn set(&self, key: String, value: Bytes) -> Result<(), QueueError> {
        self.state.put(key, value).await.map(|_| ()).map_err(QueueError::nats("writing its bucket"))
    }

    /// Writes a key that is not there; its revision, or `None` where it was.
    pub(super) async fn create(&self, key: String, value: Bytes) -> Result<Option<u64>, QueueError> {
        match self.state.create(key, value).await {
            Ok(revision) => Ok(Some(revision)),
            Err(why) if why.kind() == CreateErrorKind::AlreadyExists => Ok(None),
            Err(why) => Err(QueueError::nats("writing its bucket")(why)),
        }
    }

    /// Writes over a revision; the new one, or `None` where that was not the newest any more.
    async fn update(&self, key: String, value: Bytes, over: u64) -> Result<Option<u64>, QueueError> {
        match self.state.update(key, value, over).await {
            Ok(revision) => Ok(Some(revision)),
            Err(why) if why.kind() == UpdateErrorKind::WrongLastRevision => Ok(None),
            Err(why) => Err(QueueError::nats("writing its bucket")(why)),
        }
    }

    async fn run(&self, id: &JobId) -> Result<Option<(Run, Entry)>, QueueError> {
        let Some(entry) = self.entry(format!("run.{id}")).await? else { return Ok(None) };
        let run = serde_json::from_slice(&entry.value).map_err(QueueError::nats("a run in its bucket"))?;
        Ok(Some((run, entry)))
    }

    /// The newest delivery; 0 before the first.
    pub(super) async fn newest(&self, id: &JobId) -> Result<u32, QueueError> {
        Ok(self.run(id).await?.map_or(0, |(run, _)| run.delivery))
    }

    /// Notes a delivery, unless a newer one is noted.
    pub(super) async fn begin(&self, id: &JobId, delivery: u32) -> Result<Lease, QueueError> {
        self.write_run(id, Run { delivery, held: true }, |before| before.delivery < delivery).await
    }

    /// Notes what the newest delivery does, if `run` is its.
    pub(super) async fn hold(&self, id: &JobId, run: Run) -> Result<Lease, QueueError> {
        self.write_run(id, run, |before| before.delivery == run.delivery && before.held).await
    }

    async fn write_run(&self, id: &JobId, run: Run, may: impl Fn(Run) -> bool) -> Result<Lease, QueueError> {
        let key = format!("run.{id}");
        let value = Bytes::from(serde_json::to_vec(&run).map_err(QueueError::nats("a run"))?);
        for _ in 0..TRIES {
            let written = match self.run(id).await? {
                None => self.create(key.clone(), value.clone()).await?,
                Some((before, _)) if !may(before) => return Ok(Lease::Lost),
                Some((_, entry)) => self.update(key.clone(), value.clone(), entry.revision).await?,
            };
            if written.is_some() {
                return Ok(Lease::Held);
            }
        }
        Err(QueueError::Nats { what: "a run in its bucket", why: "others came before each time".to_owned() })
    }

    /// What is known of a job, with leases of so many milliseconds; `None` where it was never put.
    pub(super) async fn known(&self, id: &JobId, lease: u64) -> Result<Option<Known>, QueueError> {
        let Some(_) = self.value(format!("job.{id}")).await? else { return Ok(None) };
        let (result, dead, cancelled, run) = tokio::try_join!(
            self.value(format!("result.{id}")),
            self.value(format!("dead.{id}")),
            self.value(format!("cancel.{id}")),
            self.run(id),
        )?;
        let held_until = run.as_ref().filter(|(run, _)| run.held).map(|(_, entry)| {
            let since = entry.created.unix_timestamp_nanos() / 1_000_000;
            u64::try_from(since).unwrap_or(0).saturating_add(lease)
        });
        let facts = Facts {
            has_result: result.is_some(),
            is_dead: dead.is_some(),
            is_cancelled: cancelled.is_some(),
            held_until,
            deliveries: run.map_or(0, |(run, _)| run.delivery),
        };
        Ok(Some(Known { facts, result }))
    }

    pub(super) async fn recall(&self, name: &str) -> Result<Option<Value>, QueueError> {
        let entry = self.entry(format!("kept.{name}")).await?;
        Ok(entry.map(|entry| Value { bytes: entry.value, version: entry.revision }))
    }

    pub(super) async fn remember(
        &self,
        name: &str,
        bytes: Bytes,
        over: u64,
    ) -> Result<Option<u64>, QueueError> {
        let key = format!("kept.{name}");
        match over {
            0 => self.create(key, bytes).await,
            over => self.update(key, bytes, over).await,
        }
    }

    pub(super) async fn forget(&self, name: &str) -> Result<(), QueueError> {
        self.state.purge(format!("kept.{name}")).await.map_err(QueueError::nats("writing its bucket"))
    }
}
