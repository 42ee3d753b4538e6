//! What one attempt asks, how long it waits, and what becomes of it; the same for a stream and for one whole answer.

use crate::bug::Bug;
use crate::client::Model;
use crate::errors::SILENCE;
use crate::failure::{Failure, Remedy};
use crate::limits::Deadline;
use crate::message::{Block, Message};
use aws_sdk_bedrockruntime::types::{InferenceConfiguration, Message as Turn, TokenUsage, ToolConfiguration};
use std::time::Duration;
use tokio::time::timeout;

/// What to ask.
pub(crate) struct Ask<'a> {
    /// Whom.
    pub(crate) model: &'a Model,
    /// The conversation.
    pub(crate) turns: &'a [Turn],
    /// The tools.
    pub(crate) tools: Option<ToolConfiguration>,
    /// When the prompt must be done.
    pub(crate) deadline: Deadline,
    /// What goes wrong.
    pub(crate) bug: Bug,
}

/// What became of an attempt.
pub(crate) struct Outcome {
    /// The message or why there is none.
    pub(crate) result: Result<Message, Failure>,
    /// What it cost, where the service said so.
    pub(crate) usage: Option<TokenUsage>,
    /// What there was of a message that never ended.
    pub(crate) half: Vec<Block>,
}

impl Outcome {
    /// Nothing came.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self { result: Err(failure), usage: None, half: Vec::new() }
    }
}

/// The limits of a call.
pub(crate) fn inference() -> InferenceConfiguration {
    InferenceConfiguration::builder().max_tokens(2048).build()
}

/// Waits as long as the deadline and `limit` allow; a bug that hangs waits for ever.
pub(crate) async fn wait<T>(
    ask: &Ask<'_>,
    hangs: Option<Bug>,
    limit: Duration,
    what: impl Future<Output = T>,
) -> Result<T, Failure> {
    if hangs.is_some_and(|bug| ask.bug.is(bug)) {
        return Ok(what.await);
    }
    let limit = ask.deadline.within(limit);
    timeout(limit, what).await.map_err(|_| {
        let message = format!("nothing came for {} ms", limit.as_millis());
        Failure::own(SILENCE, message).with(Remedy::AgainOnce)
    })
}
