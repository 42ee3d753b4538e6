//! Replies and tool results as messages that Bedrock accepts back. Pure.
//!
//! The rules are Bedrock's validation texts: no blank text, no empty content, `toolUse.input` and
//! `toolResult.content.json` are objects, ids match `[a-zA-Z0-9_.:-]{1,64}` and are unique in a message, names match
//! `[a-zA-Z0-9_-]{1,64}`, an error result has content. Models break them, so what is replayed is repaired here.

use std::collections::HashSet;

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ReasoningContentBlock, ToolResultBlock, ToolResultContentBlock, ToolResultStatus,
    ToolUseBlock,
};
use serde_json::{Map, Value};

use crate::bedrock_json::object_to_document;
use crate::cause::Cause;
use crate::reply::{Block, Reply, ToolInput};
use crate::tool_outcome::ToolOutcome;
use crate::tools::ToolOutput;

/// Stands in the history for a tool name that Bedrock would refuse.
const ILLEGAL_NAME: &str = "illegal_tool_name";
/// Stands for an answer that has nothing that can be replayed.
const NOT_REPLAYED: &str = "(content that is not text)";
/// Stands for a tool result without text.
pub(crate) const NO_OUTPUT: &str = "(the tool gave no output)";

/// Follows a text that broke off, so that neither model nor reader takes it for whole.
const CUT: &str = "[The answer broke off here.]";
/// Stands for an answer that somebody interrupted before it began.
const INTERRUPTED: &str = "[The user went on before there was an answer.]";
/// Asks for the rest of a text that broke off.
pub(crate) const CONTINUE: &str =
    "Your answer broke off. Go on exactly where it stopped, without repeating what is there.";

/// A tool call under an id that is fit for the history.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) id: String,
    /// The name as the model wrote it.
    pub(crate) name: String,
    pub(crate) input: ToolInput,
}

/// The reply's tool calls in order, each with a legal id of its own.
pub(crate) fn calls(reply: &Reply, turn: u32) -> Vec<Call> {
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    for (position, tool) in reply.tool_uses().enumerate() {
        let usable = is_legal(&tool.id, "_.:-") && !seen.contains(&tool.id);
        let id = if usable { tool.id.clone() } else { format!("renamed_{turn}_{position}") };
        seen.insert(id.clone());
        calls.push(Call { id, name: tool.name.clone(), input: tool.input.clone() });
    }
    calls
}

/// The assistant message of a reply whose tool calls are run.
pub(crate) fn tool_turn(reply: &Reply, calls: &[Call]) -> Result<Vec<ContentBlock>, Cause> {
    let mut calls = calls.iter();
    let mut content = Vec::new();
    for block in &reply.blocks {
        match block {
            Block::Tool(_) => content.extend(calls.next().map(tool_use).transpose()?),
            other => content.extend(plain(other)),
        }
    }
    Ok(content)
}

/// The assistant message of a reply that is the answer. Tool calls that were not run (a guardrail stepped in) are left
/// out, because each would ask for a result.
pub(crate) fn answer_turn(reply: &Reply) -> Vec<ContentBlock> {
    let content: Vec<_> = reply.blocks.iter().filter_map(plain).collect();
    if content.iter().any(ContentBlock::is_text) {
        return content;
    }
    content.into_iter().chain([ContentBlock::Text(NOT_REPLAYED.to_owned())]).collect()
}

/// The assistant message of an answer that broke off. Its tool calls and its reasoning go: a call may be cut, and so may a
/// signature.
pub(crate) fn cut_turn(text: &str) -> Vec<ContentBlock> {
    vec![ContentBlock::Text(format!("{}\n\n{CUT}", text.trim_end()))]
}

/// The assistant message where somebody said something else in the middle of an answer.
pub(crate) fn interrupted_turn(text: &str) -> Vec<ContentBlock> {
    if text.trim().is_empty() { vec![ContentBlock::Text(INTERRUPTED.to_owned())] } else { cut_turn(text) }
}

/// The user message with all results, in the order of the calls.
pub(crate) fn results(calls: &[Call], outcomes: &[ToolOutcome]) -> Result<Vec<ContentBlock>, Cause> {
    calls.iter().zip(outcomes).map(|(call, outcome)| tool_result(&call.id, outcome)).collect()
}

fn plain(block: &Block) -> Option<ContentBlock> {
    match block {
        Block::Text(text) if text.trim().is_empty() => None,
        Block::Text(text) => Some(ContentBlock::Text(text.clone())),
        Block::Reasoning(reasoning) if is_empty_reasoning(reasoning) => None,
        Block::Reasoning(reasoning) => Some(ContentBlock::ReasoningContent(reasoning.clone())),
        Block::Tool(_) | Block::Other(_) => None,
    }
}

/// Reasoning that says nothing and proves nothing. A signature without text is kept.
fn is_empty_reasoning(reasoning: &ReasoningContentBlock) -> bool {
    match reasoning {
        ReasoningContentBlock::ReasoningText(text) => text.text.is_empty() && text.signature.is_none(),
        ReasoningContentBlock::RedactedContent(bytes) => bytes.as_ref().is_empty(),
        _ => true,
    }
}

fn tool_use(call: &Call) -> Result<ContentBlock, Cause> {
    let name = if is_legal(&call.name, "_-") { &call.name } else { ILLEGAL_NAME };
    let empty = Map::new();
    let block = ToolUseBlock::builder()
        .tool_use_id(&call.id)
        .name(name)
        .input(object_to_document(call.input.as_ref().unwrap_or(&empty)))
        .build();
    block.map(ContentBlock::ToolUse).map_err(|error| Cause::Request(error.to_string()))
}

fn tool_result(id: &str, outcome: &ToolOutcome) -> Result<ContentBlock, Cause> {
    let block = ToolResultBlock::builder().tool_use_id(id);
    let block = match &outcome.result {
        Ok(output) => block.content(output_content(output)),
        // Success is the default. Saying so would cost the models that refuse the member.
        Err(message) => block.content(text_content(message)).status(ToolResultStatus::Error),
    };
    block.build().map(ContentBlock::ToolResult).map_err(|error| Cause::Request(error.to_string()))
}

fn output_content(output: &ToolOutput) -> ToolResultContentBlock {
    match output {
        ToolOutput::Text(text) => text_content(text),
        ToolOutput::Json(Value::Object(members)) => ToolResultContentBlock::Json(object_to_document(members)),
        ToolOutput::Json(other) => text_content(&other.to_string()),
    }
}

fn text_content(text: &str) -> ToolResultContentBlock {
    let text = if text.trim().is_empty() { NO_OUTPUT } else { text };
    ToolResultContentBlock::Text(text.to_owned())
}

pub(crate) fn is_legal(text: &str, also: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::{BadInput, ToolUse};
    use crate::stats::ToolStatus;
    use aws_sdk_bedrockruntime::types::StopReason;

    fn reply(blocks: Vec<Block>) -> Reply {
        Reply { blocks, stop_reason: StopReason::ToolUse, usage: None, request_id: None }
    }

    fn tool(id: &str, name: &str) -> Block {
        Block::Tool(ToolUse { id: id.into(), name: name.into(), input: Ok(Map::new()) })
    }

    fn ids(blocks: Vec<Block>) -> Vec<String> {
        calls(&reply(blocks), 3).into_iter().map(|call| call.id).collect()
    }

    #[test]
    fn ids_that_bedrock_would_refuse_are_renamed_stably() {
        assert_eq!(ids(vec![tool("a", "x"), tool("functions.t:0", "x")]), ["a", "functions.t:0"]);
        assert_eq!(ids(vec![tool("a", "x"), tool("a", "x")]), ["a", "renamed_3_1"]);
        assert_eq!(
            ids(vec![tool("", "x"), tool("a/b", "x"), tool(&"i".repeat(65), "x")]),
            ["renamed_3_0", "renamed_3_1", "renamed_3_2"]
        );
    }

    #[test]
    fn an_illegal_name_and_a_bad_input_are_replayed_as_legal_ones() {
        let bad = ToolUse {
            id: "a".into(),
            name: "$READ FILE".into(),
            input: Err(BadInput { raw: "[1]".into(), why: "it is an array".into() }),
        };
        let reply = reply(vec![Block::Text(" \n".into()), Block::Tool(bad)]);
        let content = tool_turn(&reply, &calls(&reply, 1)).unwrap();
        assert_eq!(content.len(), 1, "the blank text is dropped");
        let replayed = content[0].as_tool_use().unwrap();
        assert_eq!((replayed.name(), replayed.input()), (ILLEGAL_NAME, &object_to_document(&Map::new())));
    }

    #[test]
    fn no_tool_result_is_blank_and_only_objects_go_as_json() {
        use serde_json::json;
        let content = |result| {
            let outcome = ToolOutcome { result, status: ToolStatus::Succeeded };
            let block = tool_result("a", &outcome).unwrap();
            let text = crate::bedrock_json::content_block(&block);
            text["toolResult"]["content"][0].clone()
        };
        assert_eq!(content(Ok(ToolOutput::Text(String::new()))), json!({"text": NO_OUTPUT}));
        assert_eq!(content(Err("  ".into())), json!({"text": NO_OUTPUT}));
        assert_eq!(content(Ok(ToolOutput::Json(json!([1])))), json!({"text": "[1]"}));
        assert_eq!(content(Ok(ToolOutput::Json(json!(null)))), json!({"text": "null"}));
        assert_eq!(content(Ok(ToolOutput::Json(json!({"a": 1})))), json!({"json": {"a": 1}}));
    }

    #[test]
    fn an_answer_without_text_still_makes_a_message() {
        let content = answer_turn(&reply(vec![Block::Other("image")]));
        assert_eq!(content, [ContentBlock::Text(NOT_REPLAYED.to_owned())]);
    }
}
