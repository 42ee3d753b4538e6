//! A whole message of the model, as this agent keeps it.

use serde_json::{Map, Value};

/// A message that has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Its blocks, in the order in which they began.
    pub(crate) blocks: Vec<Block>,
    /// Why it ended, as the service spells it.
    pub(crate) stop: String,
    /// Of the answer that held it.
    pub(crate) request_id: Option<String>,
}

/// A block of a message.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// Text, possibly blank.
    Text(String),
    /// Reasoning in words; a signature only where one came.
    Reasoning(String, Option<String>),
    /// Reasoning in bytes.
    Redacted(Vec<u8>),
    /// A tool call.
    Call(Call),
}

/// A tool call as the model wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Any text.
    pub(crate) id: String,
    /// Any text.
    pub(crate) name: String,
    /// The input, or what is wrong with it.
    pub(crate) input: Result<Map<String, Value>, String>,
}

impl Message {
    /// The text of all blocks.
    pub(crate) fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The tool calls.
    pub(crate) fn calls(&self) -> Vec<&Call> {
        let calls = self.blocks.iter().filter_map(|block| match block {
            Block::Call(call) => Some(call),
            _ => None,
        });
        calls.collect()
    }
}
