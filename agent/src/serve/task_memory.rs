//! What a delivery leaves to the next one of its task: the history as of the last checkpoint, and which writes of tools were
//! begun. Both lie in the queue, so that any worker finds them.
//!
//! Before a write begins, the message that asks for it is kept. So the next delivery makes the same call under the same id, and
//! finds it in the ledger. Of two workers that both believe they have the task, only the one that came later can keep anything,
//! and so begin a write that the other does not know of.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_bedrockruntime::types::Message;
use bytes::Bytes;
use faultline_queue::{JobId, MAX_BYTES, Queue, QueueError};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::bedrock_json::{message, message_from_json};
use crate::tools::{Begun, Ledger, ToolOutput, kept_from_json, kept_to_json, sha256_hex};

/// Why no checkpoint is kept, and no write begun, any more.
const LOST: &str = "another worker has the task";
/// A value that stands for a call whose tool was never asked.
const RELEASED: &str = "released";
/// A value that stands for a call that has begun.
const BEGUN: &str = "begun";

/// Takes what is kept over, by writing it again: an earlier worker that is still there keeps nothing after this, and what it
/// kept before is what is read here.
async fn claim(queue: &Queue, name: &JobId) -> Result<(Option<Bytes>, u64), QueueError> {
    loop {
        let value = queue.recall(name).await?;
        let over = value.as_ref().map_or(0, |value| value.version);
        let bytes = value.map(|value| value.bytes);
        let again = bytes.clone().unwrap_or(Bytes::from_static(b"{}"));
        if let Some(version) = queue.remember(name, again, over).await? {
            return Ok((bytes, version));
        }
    }
}

/// What a checkpoint holds.
pub(super) struct Checkpoint {
    /// The version of the session that the messages build upon.
    pub(super) session: u64,
    pub(super) messages: Vec<Message>,
}

impl Checkpoint {
    /// A history that is not understood as a whole is no history.
    fn read(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let messages: Option<Vec<Message>> =
            value["messages"].as_array()?.iter().map(message_from_json).collect();
        let messages = messages.filter(|messages| !messages.is_empty())?;
        Some(Self { session: value["session"].as_u64()?, messages })
    }
}

/// The memory of one task, as one delivery has it.
pub(super) struct TaskMemory {
    queue: Queue,
    name: JobId,
    /// The version of the session that the task builds upon.
    session: AtomicU64,
    /// The newest checkpoint, until it is kept.
    unkept: Mutex<Option<Vec<Message>>>,
    /// The version that is kept, 0 for none; `None` once another worker has kept one: that one has the task.
    version: tokio::sync::Mutex<Option<u64>>,
}

impl TaskMemory {
    /// Opens it; with the checkpoint that an earlier delivery has left, if any.
    pub(super) async fn open(
        queue: Queue,
        task: &JobId,
    ) -> Result<(Arc<Self>, Option<Checkpoint>), QueueError> {
        let name: JobId = sha256_hex(format!("checkpoint {task}").as_bytes()).parse()?;
        let (value, version) = claim(&queue, &name).await?;
        let checkpoint = value.and_then(|value| Checkpoint::read(&value));
        let session = AtomicU64::new(checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.session));
        let memory = Self { queue, name, session, unkept: Mutex::default(), version: Some(version).into() };
        Ok((Arc::new(memory), checkpoint))
    }

    /// The task builds upon this version of its session.
    pub(super) fn builds_upon(&self, session: u64) {
        self.session.store(session, Ordering::Relaxed);
    }

    /// Forgets the checkpoint: the task is over.
    pub(super) async fn forget(&self) -> Result<(), QueueError> {
        self.queue.forget(&self.name).await
    }

    /// Takes a checkpoint; it is kept by the next [`TaskMemory::keep`].
    pub(super) fn checkpoint(&self, messages: Vec<Message>) {
        *self.unkept.lock().unwrap_or_else(PoisonError::into_inner) = Some(messages);
    }

    /// Keeps the newest checkpoint. A history that is too large for the queue is not kept: the older one stays.
    pub(super) async fn keep(&self) -> io::Result<()> {
        let mut version = self.version.lock().await;
        let Some(over) = *version else { return Err(io::Error::other(LOST)) };
        let unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(messages) = unkept else { return Ok(()) };
        let session = self.session.load(Ordering::Relaxed);
        let list: Vec<Value> = messages.iter().map(message).collect();
        let bytes = json!({ "session": session, "messages": list }).to_string();
        if bytes.len() > MAX_BYTES {
            return Ok(());
        }
        match self.queue.remember(&self.name, bytes.into(), over).await {
            Ok(newer) => {
                *version = newer;
                newer.map(drop).ok_or_else(|| io::Error::other(LOST))
            }
            Err(why) => {
                self.unkept.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(messages);
                Err(io::Error::other(why))
            }
        }
    }

    /// A ledger over this memory, in front of `inner`, which then knows the calls in its place.
    pub(super) fn ledger(self: &Arc<Self>, inner: Option<Arc<dyn Ledger>>) -> Arc<dyn Ledger> {
        Arc::new(TaskLedger { memory: self.clone(), inner, runtime: Handle::current() })
    }

    async fn begin(&self, key: &JobId) -> Result<Begun, QueueError> {
        if self.queue.remember(key, Bytes::from_static(BEGUN.as_bytes()), 0).await?.is_some() {
            return Ok(Begun::Fresh);
        }
        let Some(value) = self.queue.recall(key).await? else { return Ok(Begun::Unknown) };
        match std::str::from_utf8(&value.bytes).unwrap_or_default() {
            BEGUN => Ok(Begun::Unknown),
            RELEASED => {
                let begun = Bytes::from_static(BEGUN.as_bytes());
                let begun = self.queue.remember(key, begun, value.version).await?;
                Ok(if begun.is_some() { Begun::Fresh } else { Begun::Unknown })
            }
            kept => {
                let kept = serde_json::from_str(kept).ok().and_then(|kept| kept_from_json(&kept));
                Ok(kept.map_or(Begun::Unknown, Begun::Finished))
            }
        }
    }

    async fn end(&self, key: &JobId, text: String) -> Result<(), QueueError> {
        let version = self.queue.recall(key).await?.map_or(0, |value| value.version);
        self.queue.remember(key, text.into(), version).await.map(drop)
    }
}

/// The ledger of a task. Its methods are called on threads that may block.
struct TaskLedger {
    memory: Arc<TaskMemory>,
    inner: Option<Arc<dyn Ledger>>,
    runtime: Handle,
}

impl TaskLedger {
    fn end(&self, key: &str, text: String) -> io::Result<()> {
        let key = key.parse().map_err(io::Error::other)?;
        self.runtime.block_on(self.memory.end(&key, text)).map_err(io::Error::other)
    }
}

impl Ledger for TaskLedger {
    fn begin(&self, key: &str) -> io::Result<Begun> {
        self.runtime.block_on(self.memory.keep())?;
        if let Some(inner) = &self.inner {
            return inner.begin(key);
        }
        let key = key.parse().map_err(io::Error::other)?;
        self.runtime.block_on(self.memory.begin(&key)).map_err(io::Error::other)
    }

    fn finish(&self, key: &str, result: &Result<ToolOutput, String>) -> io::Result<()> {
        match &self.inner {
            Some(inner) => inner.finish(key, result),
            None => self.end(key, kept_to_json(result).to_string()),
        }
    }

    fn release(&self, key: &str) -> io::Result<()> {
        match &self.inner {
            Some(inner) => inner.release(key),
            None => self.end(key, RELEASED.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{history, letters};
    use faultline_queue::{Address, Settings};

    async fn queue() -> Queue {
        Queue::open(&Address::Memory, Settings::default()).await.unwrap()
    }

    async fn begin(memory: &Arc<TaskMemory>, key: &'static str) -> io::Result<Begun> {
        let ledger = memory.ledger(None);
        tokio::task::spawn_blocking(move || ledger.begin(key)).await.unwrap()
    }

    #[tokio::test]
    async fn before_a_write_begins_the_history_is_kept_and_only_one_of_two_workers_goes_on() {
        let (queue, task) = (queue().await, "task".parse().unwrap());
        let (first, nothing) = TaskMemory::open(queue.clone(), &task).await.unwrap();
        assert!(nothing.is_none());
        first.checkpoint(history("pc"));
        assert_eq!(begin(&first, "a").await.unwrap(), Begun::Fresh);
        let (second, found) = TaskMemory::open(queue, &task).await.unwrap();
        assert_eq!(letters(&found.unwrap().messages), "pc");
        assert_eq!(begin(&second, "a").await.unwrap(), Begun::Unknown, "it began and nobody saw its end");
        assert_eq!(begin(&second, "b").await.unwrap(), Begun::Fresh);
        first.checkpoint(history("pcrc"));
        let refused = begin(&first, "c").await.unwrap_err().to_string();
        assert_eq!(refused, LOST);
        assert_eq!(begin(&first, "d").await.unwrap_err().to_string(), LOST, "also without a new checkpoint");
    }

    #[tokio::test]
    async fn a_call_that_finished_or_was_released_is_known_as_such_elsewhere() {
        let (queue, task) = (queue().await, "task".parse().unwrap());
        let (first, _) = TaskMemory::open(queue.clone(), &task).await.unwrap();
        for key in ["a", "b"] {
            assert_eq!(begin(&first, key).await.unwrap(), Begun::Fresh);
        }
        let ledger = first.ledger(None);
        let output = Ok(ToolOutput::Text("done".into()));
        let kept = output.clone();
        let end = move || ledger.finish("a", &kept).and_then(|()| ledger.release("b"));
        tokio::task::spawn_blocking(end).await.unwrap().unwrap();
        let (second, _) = TaskMemory::open(queue, &task).await.unwrap();
        assert_eq!(begin(&second, "a").await.unwrap(), Begun::Finished(output));
        assert_eq!(begin(&second, "b").await.unwrap(), Begun::Fresh);
    }
}
