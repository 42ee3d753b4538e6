//! Folds the events of one ConverseStream into a message. Pure: events in, notes out, no clock, no I/O.
//!
//! Fragments are joined per `contentBlockIndex`; a tool input is parsed at `contentBlockStop` and not before.
//! Blocks keep the order in which they opened. An index that is used again after its `contentBlockStop` is a new
//! block. Text and reasoning have no `contentBlockStart` on the wire (so real recordings show), tools always have.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamOutput, ReasoningContentBlock,
    ReasoningContentBlockDelta, ReasoningTextBlock, StopReason, TokenUsage,
};
use aws_smithy_types::Blob;
use thiserror::Error;

use crate::reply::{BadInput, Block, Reply, ToolUse, is_server_tool, parse_input};

/// Events in an order from which no message can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ProtocolError {
    #[error("a second messageStart came inside one message")]
    SecondMessageStart,
    #[error("a contentBlockStart came for block {0}, which is a tool call that is still open")]
    StartInsideTool(i32),
    #[error("a {got} delta came for block {block}, which is {has}")]
    WrongDelta { block: i32, got: &'static str, has: &'static str },
}

/// What an event meant, for whoever watches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Note {
    Nothing,
    Text {
        block: i32,
        text: String,
    },
    Reasoning {
        block: i32,
        text: String,
    },
    ToolClosed(ToolUse),
    Stopped(StopReason),
    /// An event that has no place after `messageStop`.
    Late(&'static str),
}

/// A message under construction.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    started: bool,
    open: BTreeMap<i32, usize>,
    blocks: Vec<Part>,
    stop: Option<StopReason>,
    usage: Option<TokenUsage>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Reasoning(ReasoningPart),
    OpenTool { id: String, name: String, raw: String },
    Tool(ToolUse),
    Other(&'static str),
}

#[derive(Debug, Default)]
struct ReasoningPart {
    text: String,
    signature: Option<String>,
    redacted: Option<Vec<u8>>,
}

impl Assembly {
    /// Takes the next event.
    pub(crate) fn take(&mut self, event: ConverseStreamOutput) -> Result<Note, ProtocolError> {
        use ConverseStreamOutput as E;
        if let E::Metadata(event) = event {
            self.usage = event.usage;
            return Ok(Note::Nothing);
        }
        if self.stop.is_some() {
            return Ok(Note::Late(name(&event)));
        }
        match event {
            E::MessageStart(_) => self.message_start(),
            E::ContentBlockStart(event) => self.block_start(event.content_block_index, event.start),
            E::ContentBlockDelta(event) => match event.delta {
                Some(delta) => self.block_delta(event.content_block_index, delta),
                None => Ok(Note::Nothing),
            },
            E::ContentBlockStop(event) => Ok(self.block_stop(event.content_block_index)),
            E::MessageStop(event) => {
                self.stop = Some(event.stop_reason.clone());
                Ok(Note::Stopped(event.stop_reason))
            }
            // An event that this SDK version does not know must not break the stream.
            _ => Ok(Note::Nothing),
        }
    }

    /// Whether `messageStop` has come.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_some()
    }

    pub(crate) fn usage(&self) -> Option<&TokenUsage> {
        self.usage.as_ref()
    }

    /// The text so far.
    pub(crate) fn text(&self) -> String {
        self.blocks
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect()
    }

    /// The whole message, or `None` where `messageStop` has not come.
    pub(crate) fn finish(self, request_id: Option<String>) -> Option<Reply> {
        let stop_reason = self.stop?;
        let blocks = self.blocks.into_iter().map(Part::finish).collect();
        Some(Reply { blocks, stop_reason, usage: self.usage, request_id })
    }

    fn message_start(&mut self) -> Result<Note, ProtocolError> {
        if std::mem::replace(&mut self.started, true) {
            return Err(ProtocolError::SecondMessageStart);
        }
        Ok(Note::Nothing)
    }

    fn block_start(&mut self, index: i32, start: Option<ContentBlockStart>) -> Result<Note, ProtocolError> {
        if let Some(Part::OpenTool { .. }) = self.open.get(&index).and_then(|at| self.blocks.get(*at)) {
            return Err(ProtocolError::StartInsideTool(index));
        }
        let part = match start {
            Some(ContentBlockStart::ToolUse(start)) if is_server_tool(start.r#type.as_ref()) => {
                Part::Other("server tool use")
            }
            Some(ContentBlockStart::ToolUse(start)) => {
                Part::OpenTool { id: start.tool_use_id, name: start.name, raw: String::new() }
            }
            Some(ContentBlockStart::ToolResult(_)) => Part::Other("server tool result"),
            Some(ContentBlockStart::Image(_)) => Part::Other("image"),
            // Some gateways send an empty start for text; the first delta says what the block is.
            _ => return Ok(Note::Nothing),
        };
        self.open_block(index, part);
        Ok(Note::Nothing)
    }

    fn open_block(&mut self, index: i32, part: Part) -> &mut Part {
        let at = self.blocks.len();
        self.open.insert(index, at);
        self.blocks.push(part);
        &mut self.blocks[at]
    }

    /// The open block at `index`; where there is none, the block that this delta opens.
    fn block_at(&mut self, index: i32, opens: impl FnOnce() -> Part) -> &mut Part {
        match self.open.get(&index).copied() {
            Some(at) => &mut self.blocks[at],
            None => self.open_block(index, opens()),
        }
    }

    fn block_delta(&mut self, block: i32, delta: ContentBlockDelta) -> Result<Note, ProtocolError> {
        match delta {
            ContentBlockDelta::Text(text) => self.text_delta(block, text),
            ContentBlockDelta::ToolUse(delta) => self.tool_delta(block, &delta.input),
            ContentBlockDelta::ReasoningContent(delta) => self.reasoning_delta(block, delta),
            ContentBlockDelta::Image(_) => {
                self.block_at(block, || Part::Other("image"));
                Ok(Note::Nothing)
            }
            // Citations ride on a text block, results on a server tool's; unknown members are the SDK's to name.
            _ => Ok(Note::Nothing),
        }
    }

    fn text_delta(&mut self, block: i32, text: String) -> Result<Note, ProtocolError> {
        match self.block_at(block, || Part::Text(String::new())) {
            Part::Text(so_far) => so_far.push_str(&text),
            Part::Other(_) => {}
            other => return Err(ProtocolError::WrongDelta { block, got: "text", has: other.kind() }),
        }
        Ok(Note::Text { block, text })
    }

    fn tool_delta(&mut self, block: i32, fragment: &str) -> Result<Note, ProtocolError> {
        let wrong = |has| ProtocolError::WrongDelta { block, got: "toolUse", has };
        match self.open.get(&block).and_then(|at| self.blocks.get_mut(*at)) {
            Some(Part::OpenTool { raw, .. }) => raw.push_str(fragment),
            Some(Part::Other(_)) => {}
            Some(other) => return Err(wrong(other.kind())),
            None => return Err(wrong("not open: no contentBlockStart named a tool for it")),
        }
        Ok(Note::Nothing)
    }

    fn reasoning_delta(
        &mut self,
        block: i32,
        delta: ReasoningContentBlockDelta,
    ) -> Result<Note, ProtocolError> {
        let part = match self.block_at(block, || Part::Reasoning(ReasoningPart::default())) {
            Part::Reasoning(part) => part,
            other => {
                return Err(ProtocolError::WrongDelta { block, got: "reasoningContent", has: other.kind() });
            }
        };
        match delta {
            ReasoningContentBlockDelta::Text(text) => {
                part.text.push_str(&text);
                return Ok(Note::Reasoning { block, text });
            }
            ReasoningContentBlockDelta::Signature(signature) => {
                part.signature.get_or_insert_default().push_str(&signature);
            }
            ReasoningContentBlockDelta::RedactedContent(bytes) => {
                part.redacted.get_or_insert_default().extend_from_slice(bytes.as_ref());
            }
            _ => {}
        }
        Ok(Note::Nothing)
    }

    fn block_stop(&mut self, index: i32) -> Note {
        let Some(part) = self.open.remove(&index).and_then(|at| self.blocks.get_mut(at)) else {
            // A block without content: real streams close blocks that never had a delta.
            return Note::Nothing;
        };
        let Part::OpenTool { id, name, raw } = part else { return Note::Nothing };
        let tool = ToolUse { id: std::mem::take(id), name: std::mem::take(name), input: parse_input(raw) };
        *part = Part::Tool(tool.clone());
        Note::ToolClosed(tool)
    }
}

impl Part {
    fn kind(&self) -> &'static str {
        match self {
            Part::Text(_) => "text",
            Part::Reasoning(_) => "reasoning",
            Part::OpenTool { .. } | Part::Tool(_) => "a tool call",
            Part::Other(kind) => kind,
        }
    }

    fn finish(self) -> Block {
        match self {
            Part::Text(text) => Block::Text(text),
            Part::Reasoning(part) => part.finish(),
            Part::Tool(tool) => Block::Tool(tool),
            Part::OpenTool { id, name, raw } => {
                let why = "the message ended before the call was closed (no contentBlockStop)".to_owned();
                Block::Tool(ToolUse { id, name, input: Err(BadInput { raw, why }) })
            }
            Part::Other(kind) => Block::Other(kind),
        }
    }
}

impl ReasoningPart {
    fn finish(self) -> Block {
        if let Some(bytes) = self.redacted {
            return Block::Reasoning(ReasoningContentBlock::RedactedContent(Blob::new(bytes)));
        }
        let text = ReasoningTextBlock::builder().text(self.text).set_signature(self.signature).build();
        // The builder asks for a text only, and there is one.
        text.map_or(Block::Other("reasoning"), |text| {
            Block::Reasoning(ReasoningContentBlock::ReasoningText(text))
        })
    }
}

/// The event's name on the wire.
pub(crate) fn name(event: &ConverseStreamOutput) -> &'static str {
    use ConverseStreamOutput as E;
    match event {
        E::MessageStart(_) => "messageStart",
        E::ContentBlockStart(_) => "contentBlockStart",
        E::ContentBlockDelta(_) => "contentBlockDelta",
        E::ContentBlockStop(_) => "contentBlockStop",
        E::MessageStop(_) => "messageStop",
        E::Metadata(_) => "metadata",
        _ => "an unknown event",
    }
}
