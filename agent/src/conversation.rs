//! The messages so far. A run works on a [`Draft`]; only a draft that ended in an answer becomes part of it.

use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};

use crate::cause::Cause;
use crate::repair;
use crate::trim;

/// A conversation that Bedrock accepts as it stands: it is empty or ends with an assistant message.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    messages: Vec<Message>,
    labels: Labels,
}

/// Under what a conversation is found in traces and logs. They change nothing else and are not saved with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Its id.
    pub session: Option<String>,
    /// Whom it is had with.
    pub user: Option<String>,
}

impl Conversation {
    /// An empty conversation.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A conversation that was had before. Nothing is checked: the service will.
    #[must_use]
    pub fn from_messages(messages: Vec<Message>) -> Self {
        Self { messages, labels: Labels::default() }
    }

    /// A conversation that was had before, made one that Bedrock accepts: whatever is wrong with it is repaired.
    #[must_use]
    pub fn repaired(messages: Vec<Message>) -> Self {
        Self { messages: repair::repaired(messages), labels: Labels::default() }
    }

    /// Forgets all but the newest `keep` prompts (at least one) with everything that followed each: a tool call and its
    /// result stay or go together.
    pub fn trim(&mut self, keep: usize) {
        if let Some(shorter) = trim::newest(&self.messages, keep) {
            self.messages = shorter;
        }
    }

    /// Labels it anew.
    pub fn label(&mut self, labels: Labels) {
        self.labels = labels;
    }

    /// Under what it is found in traces and logs.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// All messages, oldest first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The conversation with a new prompt at its end.
    pub(crate) fn draft(&self, prompt: &str) -> Result<Draft, Cause> {
        if prompt.trim().is_empty() {
            return Err(Cause::Request("the prompt is blank".to_owned()));
        }
        let mut draft = Draft { messages: self.messages.clone() };
        draft.push(ConversationRole::User, vec![ContentBlock::Text(prompt.to_owned())])?;
        Ok(draft)
    }

    pub(crate) fn commit(&mut self, draft: Draft) {
        self.messages = draft.messages;
    }
}

/// A conversation plus an unfinished run.
#[derive(Debug)]
pub(crate) struct Draft {
    messages: Vec<Message>,
}

impl Draft {
    /// A run that was begun elsewhere.
    pub(crate) fn of(messages: Vec<Message>) -> Self {
        Self { messages }
    }

    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Takes other messages in the place of all there are.
    pub(crate) fn replace(&mut self, messages: Vec<Message>) {
        self.messages = messages;
    }

    pub(crate) fn push(&mut self, role: ConversationRole, content: Vec<ContentBlock>) -> Result<(), Cause> {
        let message = Message::builder().role(role).set_content(Some(content)).build();
        self.messages.push(message.map_err(|error| Cause::Request(error.to_string()))?);
        Ok(())
    }
}
