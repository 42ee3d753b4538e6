//! What a tool learns of the call that it serves, and where it sends what it has so far.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// What a tool sends while it runs.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A piece of its result.
    Chunk(String),
    /// The ticket of a job that was started elsewhere.
    Pending(String),
    /// A question to the person that the run works for, and where the answer goes.
    Question(Question, oneshot::Sender<String>),
}

/// What a tool asks a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// Answers to choose from; empty where any will do.
    pub options: Vec<String>,
}

/// What a tool learns of the call that it serves. Clones belong to the same attempt.
#[derive(Debug, Clone)]
pub struct ToolContext {
    tool_use_id: String,
    idempotency_key: String,
    attempt: u32,
    pieces: UnboundedSender<Piece>,
}

impl ToolContext {
    /// A context for calling a tool by hand: no id, and chunks go nowhere.
    #[must_use]
    pub fn detached() -> Self {
        Self::new("", "", 1).0
    }

    pub(crate) fn new(id: &str, key: &str, attempt: u32) -> (Self, UnboundedReceiver<Piece>) {
        let (pieces, receiver) = unbounded_channel();
        (Self { tool_use_id: id.to_owned(), idempotency_key: key.to_owned(), attempt, pieces }, receiver)
    }

    /// Under which id the result goes back to the model.
    #[must_use]
    pub fn tool_use_id(&self) -> &str {
        &self.tool_use_id
    }

    /// 64 hex digits that name this call: the same in all its attempts, also after a restart, and in no other call
    /// (of the same scope). For services that know an `Idempotency-Key`.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Sends a piece of the result as it comes. The pieces, joined, are the result where the tool's soft timeout stops
    /// it and where it ends with blank text. It never blocks; after the end of the attempt it does nothing.
    pub fn send(&self, chunk: impl Into<String>) {
        // The attempt has ended: nobody waits for more.
        let _ = self.pieces.send(Piece::Chunk(chunk.into()));
    }

    /// Asks the person that the run works for and waits for the answer; `None` where nobody is there. The tool's hard timeout
    /// bounds the wait.
    pub async fn ask(&self, text: impl Into<String>, options: Vec<String>) -> Option<String> {
        let (sender, answer) = oneshot::channel();
        let question = Question { text: text.into(), options };
        self.pieces.send(Piece::Question(question, sender)).ok()?;
        answer.await.ok()
    }

    /// Says that a job was started elsewhere and is waited for.
    pub(super) fn pending(&self, ticket: &str) {
        let _ = self.pieces.send(Piece::Pending(ticket.to_owned()));
    }
}
