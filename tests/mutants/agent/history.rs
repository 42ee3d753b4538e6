//! What goes back to the model: turns that Bedrock accepts, whatever the model wrote.

use crate::bug::Bug;
use crate::failure::Failure;
use crate::json::document;
use crate::limits::PICTURES;
use crate::message::{Block, Call, Message};
use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, ImageBlock, ImageFormat, ImageSource, Message as Turn,
    ReasoningContentBlock, ReasoningTextBlock, ToolResultBlock, ToolResultContentBlock, ToolResultStatus,
    ToolUseBlock,
};
use aws_smithy_types::Document;
use serde_json::{Map, Value};

/// The longest id and the longest name that Bedrock accepts.
const LONGEST: usize = 64;

/// A call under the id and the name that Bedrock accepts.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// Its own in its message.
    pub(crate) id: String,
    /// For the history only.
    pub(crate) legal_name: String,
    /// The call as it came.
    pub(crate) call: Call,
}

/// What a tool gave.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    /// A text, or a JSON object.
    Value(Value),
    /// A PNG picture.
    Picture(Vec<u8>),
}

/// A call's result: what came of it, or a sentence about what went wrong.
pub(crate) type Given = Result<Output, String>;

/// The calls of a message, under legal names and under ids that differ.
pub(crate) fn plan(message: &Message, bug: Bug) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    for call in message.calls() {
        let legal =
            if bug.is(Bug::KeepsAlienIds) { call.id.clone() } else { legal(&call.id, "_-.:", "call") };
        let taken = |id: &str| planned.iter().any(|other| other.id == id);
        let free = (2..).map(|n| format!("{}-{n}", cut(&legal, LONGEST - 4))).find(|id| !taken(id));
        let id = match free {
            Some(other) if taken(&legal) && !bug.is(Bug::KeepsDuplicateIds) => other,
            _ => legal,
        };
        let keeps = bug.is(Bug::KeepsIllegalNames);
        let legal_name = if keeps { call.name.clone() } else { self::legal(&call.name, "_-", "unnamed") };
        planned.push(Planned { id, legal_name, call: call.clone() });
    }
    planned
}

fn legal(text: &str, also: &str, empty: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    let legal: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if legal.is_empty() { empty.to_owned() } else { cut(&legal, LONGEST).to_owned() }
}

fn cut(ascii: &str, length: usize) -> &str {
    ascii.get(..length).unwrap_or(ascii)
}

/// A prompt.
pub(crate) fn prompt(text: &str) -> Result<Turn, Failure> {
    turn(ConversationRole::User, vec![ContentBlock::Text(text.to_owned())])
}

/// What the model said. Blank text and empty reasoning would be refused; everything else goes back as it came.
pub(crate) fn assistant(blocks: &[Block], planned: &[Planned], bug: Bug) -> Result<Turn, Failure> {
    let mut calls = planned.iter();
    let mut content = Vec::new();
    for block in blocks {
        let next = match block {
            Block::Text(text) => (bug.is(Bug::KeepsBlankText) || !text.trim().is_empty())
                .then(|| ContentBlock::Text(text.clone())),
            Block::Reasoning(..) | Block::Redacted(_) if bug.is(Bug::DropsReasoning) => None,
            Block::Reasoning(text, None) if text.is_empty() => None,
            Block::Reasoning(text, signature) => Some(reasoning(text, signature.clone(), bug)?),
            Block::Redacted(_) if bug.is(Bug::DropsRedacted) => None,
            Block::Redacted(bytes) => Some(redacted(bytes)),
            Block::Call(_) => calls.next().map(|call| tool_use(call, bug)).transpose()?,
        };
        content.extend(next);
    }
    turn(ConversationRole::Assistant, content)
}

fn reasoning(text: &str, signature: Option<String>, bug: Bug) -> Result<ContentBlock, Failure> {
    let signature = signature.filter(|_| !bug.is(Bug::LosesSignature));
    let block = ReasoningTextBlock::builder().text(text).set_signature(signature).build().map_err(unbuilt)?;
    Ok(ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(block)))
}

fn redacted(bytes: &[u8]) -> ContentBlock {
    ContentBlock::ReasoningContent(ReasoningContentBlock::RedactedContent(Blob::new(bytes)))
}

/// Input that was no object is replayed as an empty one; its result tells what was wrong.
fn tool_use(planned: &Planned, bug: Bug) -> Result<ContentBlock, Failure> {
    let none = Map::new();
    let input = planned.call.input.as_ref().unwrap_or(&none);
    let input = match input.is_empty() && bug.is(Bug::EmptyInputIsString) {
        true => Document::String(String::new()),
        false => document(&Value::Object(input.clone())),
    };
    let block = ToolUseBlock::builder().tool_use_id(&planned.id).name(&planned.legal_name).input(input);
    block.build().map(ContentBlock::ToolUse).map_err(unbuilt)
}

/// All results, in one user turn.
pub(crate) fn results(planned: &[Planned], results: &[Given], bug: Bug) -> Result<Vec<Turn>, Failure> {
    let blocks = planned.iter().zip(results).map(|(call, result)| tool_result(&call.id, result, bug));
    let mut blocks = blocks.collect::<Result<Vec<_>, _>>()?;
    if bug.is(Bug::AnswersOneTool) {
        blocks.drain(..blocks.len().saturating_sub(1));
    }
    if bug.is(Bug::SeparateResults) {
        return blocks.into_iter().map(|block| turn(ConversationRole::User, vec![block])).collect();
    }
    Ok(vec![turn(ConversationRole::User, blocks)?])
}

fn tool_result(id: &str, result: &Given, bug: Bug) -> Result<ContentBlock, Failure> {
    let block = ToolResultBlock::builder().tool_use_id(id);
    let block = match result {
        Ok(Output::Picture(bytes)) => block.content(ToolResultContentBlock::Image(picture(bytes)?)),
        Ok(Output::Value(Value::String(text))) => block.content(ToolResultContentBlock::Text(text.clone())),
        Ok(Output::Value(value)) => block.content(ToolResultContentBlock::Json(document(value))),
        Err(_) if bug.is(Bug::EmptyErrorResult) => {
            block.set_content(Some(Vec::new())).status(ToolResultStatus::Error)
        }
        Err(why) => block.content(ToolResultContentBlock::Text(why.clone())).status(ToolResultStatus::Error),
    };
    block.build().map(ContentBlock::ToolResult).map_err(unbuilt)
}

fn picture(bytes: &[u8]) -> Result<ImageBlock, Failure> {
    let source = ImageSource::Bytes(Blob::new(bytes));
    ImageBlock::builder().format(ImageFormat::Png).source(source).build().map_err(unbuilt)
}

/// The same turns with the newest pictures alone, as many as the model takes in results; a few words stand for the others.
pub(crate) fn with_few_pictures(turns: &[Turn], model: &str, bug: Bug) -> Vec<Turn> {
    let takes_none = model.contains("openai.") && !bug.is(Bug::PicturesInResults);
    let (mut turns, mut left) = (turns.to_vec(), if takes_none { 0 } else { PICTURES });
    for block in turns.iter_mut().rev().flat_map(|turn| turn.content.iter_mut().rev()) {
        let ContentBlock::ToolResult(result) = block else { continue };
        for item in result.content.iter_mut().filter(|item| item.is_image()) {
            match left.checked_sub(1) {
                Some(fewer) => left = fewer,
                None => *item = ToolResultContentBlock::Text("(a picture, left out)".to_owned()),
            }
        }
    }
    turns
}

/// Whether a result states its status.
pub(crate) fn has_status(turns: &[Turn]) -> bool {
    let mut blocks = turns.iter().flat_map(|turn| &turn.content);
    blocks.any(|block| matches!(block, ContentBlock::ToolResult(result) if result.status.is_some()))
}

/// The same turns without the status of results, which some models refuse.
pub(crate) fn without_status(turns: &[Turn]) -> Vec<Turn> {
    let mut turns = turns.to_vec();
    for block in turns.iter_mut().flat_map(|turn| &mut turn.content) {
        if let ContentBlock::ToolResult(result) = block {
            result.status = None;
        }
    }
    turns
}

fn turn(role: ConversationRole, content: Vec<ContentBlock>) -> Result<Turn, Failure> {
    Turn::builder().role(role).set_content(Some(content)).build().map_err(unbuilt)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn unbuilt(why: BuildError) -> Failure {
    Failure::own("InvalidRequest", why.to_string())
}
