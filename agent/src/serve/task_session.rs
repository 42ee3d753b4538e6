//! Conversations of tasks, kept in the queue so that any worker can go on with them.

use bytes::Bytes;
use faultline_queue::{JobId, Queue, QueueError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bedrock_json::{message, message_from_json};
use crate::conversation::Conversation;
use crate::tools::sha256_hex;

/// What is kept of a session.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// The task whose turn is the last one.
    task: String,
    /// How many messages there were before that turn.
    before: usize,
    messages: Vec<Value>,
}

/// A session that a task works in.
pub(super) struct Session {
    name: JobId,
    task: String,
    /// The version that the turn builds upon; 0 for a new one.
    version: u64,
    before: usize,
    /// Whether the last turn that is kept is the task's own.
    is_own: bool,
}

/// The session of a task, and its conversation; a conversation of its own without one. A turn of the task itself that an
/// earlier delivery has kept is taken back: it is made again.
pub(super) async fn open(
    queue: &Queue,
    session: &str,
    task: &JobId,
) -> Result<(Option<Session>, Conversation), QueueError> {
    if session.is_empty() {
        return Ok((None, Conversation::new()));
    }
    // Any text may name a session; only some may name a value.
    let name: JobId = sha256_hex(format!("session {session}").as_bytes()).parse()?;
    let value = queue.recall(&name).await?;
    let version = value.as_ref().map_or(0, |value| value.version);
    // What cannot be read is begun anew rather than refused for ever.
    let mut kept: Kept =
        value.and_then(|value| serde_json::from_slice(&value.bytes).ok()).unwrap_or_default();
    let is_own = kept.task == task.as_str();
    if is_own {
        kept.messages.truncate(kept.before);
    }
    let conversation = Conversation::repaired(kept.messages.iter().filter_map(message_from_json).collect());
    let before = conversation.messages().len();
    Ok((Some(Session { name, task: task.to_string(), version, before, is_own }), conversation))
}

impl Session {
    /// The version that the turn builds upon.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The turn goes on from a checkpoint that was built upon another version: what came after it, the turn does not know.
    pub(super) fn built_upon(&mut self, version: u64) {
        if !self.is_own {
            self.version = version;
        }
    }

    /// Keeps the conversation with the task's turn; why not, where another task of the session came before or it is too large.
    pub(super) async fn keep(&self, queue: &Queue, conversation: &Conversation) -> Result<(), String> {
        let kept = Kept {
            task: self.task.clone(),
            before: self.before,
            messages: conversation.messages().iter().map(message).collect(),
        };
        let bytes = Bytes::from(serde_json::to_vec(&kept).map_err(|why| why.to_string())?);
        match queue.remember(&self.name, bytes, self.version).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("another task of the session was answered in the meantime".to_owned()),
            Err(why) => Err(why.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{history, letters};
    use faultline_queue::{Address, Settings};

    #[tokio::test]
    async fn a_turn_that_is_made_again_takes_the_place_of_the_one_before() {
        let queue = Queue::open(&Address::Memory, Settings::default()).await.unwrap();
        let (one, two): (JobId, JobId) = ("one".parse().unwrap(), "two".parse().unwrap());
        let kept = async |task: &JobId, said: &str| {
            let (session, before) = open(&queue, "anna", task).await.unwrap();
            let all = [before.messages().to_vec(), history(said)].concat();
            session.unwrap().keep(&queue, &Conversation::from_messages(all)).await.unwrap();
            letters(before.messages())
        };
        assert_eq!(kept(&one, "pa").await, "");
        assert_eq!(kept(&two, "pcra").await, "pa");
        assert_eq!(kept(&two, "pa").await, "pa", "its own turn is taken back");
        let (_, now) = open(&queue, "anna", &one).await.unwrap();
        assert_eq!(letters(now.messages()), "papa");
        assert!(open(&queue, "", &one).await.unwrap().0.is_none());
    }

    #[tokio::test]
    async fn a_turn_that_does_not_know_what_came_between_is_not_kept() {
        let queue = Queue::open(&Address::Memory, Settings::default()).await.unwrap();
        let (one, two): (JobId, JobId) = ("one".parse().unwrap(), "two".parse().unwrap());
        let conversation = Conversation::from_messages(history("pa"));
        let (old, _) = open(&queue, "anna", &one).await.unwrap();
        let (new, _) = open(&queue, "anna", &two).await.unwrap();
        new.unwrap().keep(&queue, &conversation).await.unwrap();
        let (again, _) = open(&queue, "anna", &one).await.unwrap();
        let mut again = again.unwrap();
        again.built_upon(old.unwrap().version());
        assert!(again.keep(&queue, &conversation).await.unwrap_err().contains("another task"));
    }
}
