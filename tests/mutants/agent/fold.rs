//! Events to a message: fragments are kept apart by block and joined, and nothing is parsed before its block has ended.

use crate::bug::Bug;
use crate::failure::Failure;
use crate::message::{Block, Call, Message};
use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta as Delta, ContentBlockStart as Start, ConverseStreamOutput as Event,
    ReasoningContentBlockDelta as Reasoning, TokenUsage,
};
use serde_json::{Map, Value};

/// A message that is on its way.
#[derive(Debug)]
pub(crate) struct Fold {
    blocks: Vec<Part>,
    stop: Option<String>,
    usage: Option<TokenUsage>,
    bug: Bug,
}

/// A block that is on its way.
#[derive(Debug)]
struct Part {
    index: i32,
    closed: bool,
    kind: Kind,
    pieces: Vec<String>,
}

#[derive(Debug)]
enum Kind {
    Text,
    Reasoning { signature: Option<String> },
    Redacted(Vec<u8>),
    Call { id: String, name: String },
}

impl Fold {
    /// Nothing has come.
    pub(crate) fn new(bug: Bug) -> Self {
        Self { blocks: Vec::new(), stop: None, usage: None, bug }
    }

    /// Whether messageStop has come.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// The usage, where it came.
    pub(crate) fn usage(&self) -> Option<&TokenUsage> {
        self.usage.as_ref()
    }

    /// Whether a tool call is there and closed.
    pub(crate) fn has_closed_call(&self) -> bool {
        self.blocks.iter().any(|part| part.closed && matches!(part.kind, Kind::Call { .. }))
    }

    /// Ends the message where no messageStop did: what bugs do.
    pub(crate) fn pretend_end(&mut self) {
        self.stop.get_or_insert_with(|| "end_turn".to_owned());
    }

    /// The usage alone, of a message that can no longer become one.
    pub(crate) fn take_usage(&mut self, event: Event) {
        if let Event::Metadata(metadata) = event {
            self.usage = metadata.usage.or(self.usage.take());
        }
    }

    /// One more event. What is unknown is passed over, and nothing comes after messageStop but usage.
    pub(crate) fn take(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Metadata(_) => {
                self.take_usage(event);
                if self.bug.is(Bug::MetadataIsDone) {
                    self.pretend_end();
                }
            }
            _ if self.stopped() => {}
            Event::ContentBlockStart(event) => self.start(event.content_block_index, event.start)?,
            Event::ContentBlockDelta(event) => self.delta(event.content_block_index, event.delta)?,
            Event::ContentBlockStop(event) => self.close(event.content_block_index),
            Event::MessageStop(event) => self.stop = Some(event.stop_reason.as_str().to_owned()),
            Event::MessageStart(_) => {}
            _ if self.bug.is(Bug::CrashesOnUnknown) => return Err(Failure::own("KeyError", "unknown event")),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, index: i32, start: Option<Start>) -> Result<(), Failure> {
        let Some(Start::ToolUse(tool)) = start else { return Ok(()) };
        let again = |part: &Part| matches!(&part.kind, Kind::Call { id, .. } if *id == tool.tool_use_id);
        match self.open(index) {
            Some(part) if again(part) => Ok(()),
            Some(_) => {
                Err(Failure::broken("ProtocolError", format!("block {index} starts while it is open")))
            }
            None => self.add(index, Kind::Call { id: tool.tool_use_id, name: tool.name }),
        }
    }

    fn delta(&mut self, index: i32, delta: Option<Delta>) -> Result<(), Failure> {
        match delta {
            Some(Delta::Text(text)) => {
                self.piece(index, text, |kind| matches!(kind, Kind::Text), || Kind::Text)
            }
            Some(Delta::ToolUse(tool)) => self.fragment(index, tool.input),
            Some(Delta::ReasoningContent(reasoning)) => self.reasoning(index, reasoning),
            _ if self.bug.is(Bug::CrashesOnUnknown) => Err(Failure::own("KeyError", "unknown delta")),
            _ => Ok(()),
        }
    }

    fn reasoning(&mut self, index: i32, delta: Reasoning) -> Result<(), Failure> {
        let words = |kind: &Kind| matches!(kind, Kind::Reasoning { .. });
        match delta {
            Reasoning::Text(text) => self.piece(index, text, words, || Kind::Reasoning { signature: None }),
            Reasoning::Signature(more) => {
                self.piece(index, String::new(), words, || Kind::Reasoning { signature: None })?;
                if let Some(Part { kind: Kind::Reasoning { signature }, .. }) = self.open(index) {
                    signature.get_or_insert_default().push_str(&more);
                }
                Ok(())
            }
            Reasoning::RedactedContent(bytes) => {
                let redacted = |kind: &Kind| matches!(kind, Kind::Redacted(_));
                self.piece(index, String::new(), redacted, || Kind::Redacted(Vec::new()))?;
                if let Some(Part { kind: Kind::Redacted(all), .. }) = self.open(index) {
                    all.extend(bytes.into_inner());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A fragment of a tool's input. It has no meaning without its start.
    fn fragment(&mut self, index: i32, input: String) -> Result<(), Failure> {
        let call = |part: &&mut Part| matches!(part.kind, Kind::Call { .. });
        let part = match self.bug {
            Bug::JoinsFragments => self.blocks.iter_mut().find(call),
            Bug::IgnoresIndex => self.blocks.iter_mut().rfind(call),
            _ => self.open(index).filter(|part| matches!(part.kind, Kind::Call { .. })),
        };
        let missing =
            || Failure::broken("ProtocolError", format!("tool input for block {index}, which never started"));
        part.ok_or_else(missing)?.pieces.push(input);
        Ok(())
    }

    fn piece(
        &mut self,
        index: i32,
        text: String,
        fits: impl Fn(&Kind) -> bool,
        new: impl FnOnce() -> Kind,
    ) -> Result<(), Failure> {
        let first = self.open(index).is_none_or(|part| !fits(&part.kind));
        if first {
            self.close(index);
            self.add(index, new())?;
        }
        let lost = first && self.bug.is(Bug::DropsFirstDelta);
        if let Some(part) = self.open(index).filter(|_| !lost) {
            part.pieces.push(text);
        }
        Ok(())
    }

    fn add(&mut self, index: i32, kind: Kind) -> Result<(), Failure> {
        if self.bug.is(Bug::DenseIndexes) && usize::try_from(index) != Ok(self.blocks.len()) {
            return Err(Failure::own("IndexError", "list index out of range"));
        }
        self.blocks.push(Part { index, closed: false, kind, pieces: Vec::new() });
        Ok(())
    }

    /// The open block under an index. An index may come back once its block has ended.
    fn open(&mut self, index: i32) -> Option<&mut Part> {
        self.blocks.iter_mut().rfind(|part| part.index == index && !part.closed)
    }

    fn close(&mut self, index: i32) {
        let drops = self.bug.is(Bug::DropsLastDelta);
        if let Some(part) = self.open(index) {
            part.closed = true;
            if drops {
                part.pieces.pop();
            }
        }
    }

    /// The message, where it is whole: messageStop came, and every tool call was closed.
    pub(crate) fn finish(mut self) -> Result<Message, Failure> {
        if self.bug.is(Bug::EofIsDone) || self.bug.is(Bug::RunsUnfinished) && self.has_closed_call() {
            self.blocks.retain(|part| part.closed || !matches!(part.kind, Kind::Call { .. }));
            self.pretend_end();
        }
        let Some(stop) = self.stop.take() else {
            return Err(Failure::broken("IncompleteStream", "the stream ended without messageStop"));
        };
        let open_call = |part: &Part| !part.closed && matches!(part.kind, Kind::Call { .. });
        if self.blocks.iter().any(open_call) {
            return Err(Failure::broken("ProtocolError", "messageStop came inside a tool call"));
        }
        Ok(Message { blocks: self.half(), stop, request_id: None })
    }

    /// What there is of the message.
    pub(crate) fn half(self) -> Vec<Block> {
        let bug = self.bug;
        self.blocks.into_iter().map(|part| part.block(bug)).collect()
    }
}

impl Part {
    fn block(self, bug: Bug) -> Block {
        let joined = self.pieces.concat();
        match self.kind {
            Kind::Text => Block::Text(joined),
            Kind::Reasoning { signature } => Block::Reasoning(joined, signature),
            Kind::Redacted(bytes) => Block::Redacted(bytes),
            Kind::Call { id, name } => {
                let early = self.pieces.iter().find(|piece| !piece.is_empty());
                let input = match early.filter(|_| bug.is(Bug::ParsesEarly)) {
                    Some(first) => Ok(parse(first).unwrap_or_default()),
                    None => parse(&joined).or_else(|why| repaired(&joined, bug).ok_or(why)),
                };
                Block::Call(Call { id, name, input })
            }
        }
    }
}

/// No input is an empty one; anything but an object is none.
fn parse(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("the input is not a JSON object".to_owned()),
        Err(why) => Err(format!("the input is not JSON: {why}")),
    }
}

/// What lenient parsers make of cut JSON.
fn repaired(text: &str, bug: Bug) -> Option<Map<String, Value>> {
    let endings = ["}", "\"}", "null}", ":null}", "\":null}", "]}"];
    let lenient = bug.is(Bug::RepairsInput) || bug.is(Bug::RunsCutCalls);
    endings.iter().filter(|_| lenient).find_map(|ending| parse(&format!("{text}{ending}")).ok())
}
