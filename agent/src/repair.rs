//! Makes any list of messages one that Bedrock accepts as a conversation: pure, and the same again on what it made.
//!
//! What a killed process, a hand or another program leaves in a file need not be valid: calls without results, results
//! without calls, blank texts, two messages of one role in a row. Nothing that can stay goes.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, Message, ReasoningContentBlock, ToolResultBlock, ToolResultContentBlock,
    ToolResultStatus,
};
use aws_smithy_types::Document;

use crate::history::is_legal;

/// Stands where a call has no result.
const INTERRUPTED: &str = "The tool call was interrupted; whether it had an effect is not known.";
/// Stands where a user's message is missing or empty.
const GO_ON: &str = "(no message)";
/// Stands where an answer is missing or empty.
const NO_ANSWER: &str = "(no answer was given)";

/// The messages as a conversation: empty, or from a user's message to an assistant's, in turns, every call answered once.
pub(crate) fn repaired(messages: Vec<Message>) -> Vec<Message> {
    let mut turns: Vec<(ConversationRole, Vec<ContentBlock>)> = Vec::new();
    for message in messages {
        add(&mut turns, message);
    }
    if turns.iter().all(|(_, content)| content.is_empty()) {
        return Vec::new();
    }
    if turns.first().is_some_and(|(role, _)| *role == ConversationRole::Assistant) {
        turns.insert(0, (ConversationRole::User, Vec::new()));
    }
    answer_calls(&mut turns);
    if turns.last().is_some_and(|(role, _)| *role == ConversationRole::User) {
        turns.push((ConversationRole::Assistant, Vec::new()));
    }
    turns.into_iter().filter_map(|(role, content)| message(role, content)).collect()
}

/// Takes a message's usable blocks, into the message before where that has the same role.
fn add(turns: &mut Vec<(ConversationRole, Vec<ContentBlock>)>, message: Message) {
    let role = message.role;
    let is_user = role == ConversationRole::User;
    if !is_user && role != ConversationRole::Assistant {
        return;
    }
    let content = message.content.into_iter().filter(|block| belongs(block, is_user)).filter_map(usable);
    match turns.last_mut().filter(|(last, _)| *last == role) {
        Some((_, before)) => before.extend(content),
        None => turns.push((role, content.collect())),
    }
}

fn belongs(block: &ContentBlock, is_user: bool) -> bool {
    match block {
        ContentBlock::ToolUse(_) | ContentBlock::ReasoningContent(_) => !is_user,
        ContentBlock::ToolResult(_) => is_user,
        _ => true,
    }
}

/// A block that Bedrock takes by itself, or nothing.
fn usable(block: ContentBlock) -> Option<ContentBlock> {
    match block {
        ContentBlock::Text(text) => (!text.trim().is_empty()).then_some(ContentBlock::Text(text)),
        ContentBlock::ToolUse(mut call) => {
            if !matches!(call.input, Document::Object(_)) {
                call.input = Document::Object(std::collections::HashMap::new());
            }
            let legal = is_legal(&call.tool_use_id, "_.:-") && is_legal(&call.name, "_-");
            legal.then_some(ContentBlock::ToolUse(call))
        }
        ContentBlock::ToolResult(result) => Some(ContentBlock::ToolResult(with_content(result))),
        ContentBlock::ReasoningContent(reasoning) if says_nothing(&reasoning) => None,
        block if block.is_unknown() => None,
        block => Some(block),
    }
}

fn says_nothing(reasoning: &ReasoningContentBlock) -> bool {
    match reasoning {
        ReasoningContentBlock::ReasoningText(text) => text.text.is_empty() && text.signature.is_none(),
        ReasoningContentBlock::RedactedContent(bytes) => bytes.as_ref().is_empty(),
        _ => true,
    }
}

/// Only what Bedrock takes in a result; a text where nothing is left.
fn with_content(mut result: ToolResultBlock) -> ToolResultBlock {
    result.content.retain(|part| match part {
        ToolResultContentBlock::Text(text) => !text.trim().is_empty(),
        ToolResultContentBlock::Json(json) => matches!(json, Document::Object(_)),
        part => !part.is_unknown(),
    });
    if result.content.is_empty() {
        result.content.push(ToolResultContentBlock::Text(crate::history::NO_OUTPUT.to_owned()));
    }
    result
}

/// Gives each message's calls their results in the next message, in order and once; other results go.
fn answer_calls(turns: &mut Vec<(ConversationRole, Vec<ContentBlock>)>) {
    let mut at = 0;
    let mut asked: Vec<String> = Vec::new();
    while at < turns.len() || !asked.is_empty() {
        if at == turns.len() {
            turns.push((ConversationRole::User, Vec::new()));
        }
        let (role, content) = &mut turns[at];
        if *role == ConversationRole::User {
            *content = answers(&asked, std::mem::take(content));
            asked.clear();
        } else {
            asked = own_calls(content);
        }
        at += 1;
    }
}

/// The ids of a message's calls; a second call of one id goes.
fn own_calls(content: &mut Vec<ContentBlock>) -> Vec<String> {
    let mut ids = Vec::new();
    content.retain(|block| {
        let ContentBlock::ToolUse(call) = block else { return true };
        let is_new = !ids.contains(&call.tool_use_id);
        ids.extend(is_new.then(|| call.tool_use_id.clone()));
        is_new
    });
    ids
}

/// The results that are due, the first of each id, before whatever else the message holds.
fn answers(asked: &[String], content: Vec<ContentBlock>) -> Vec<ContentBlock> {
    let (results, rest): (Vec<_>, Vec<_>) = content.into_iter().partition(ContentBlock::is_tool_result);
    let of = |id: &String| {
        let mut own =
            results.iter().filter(|block| block.as_tool_result().is_ok_and(|r| r.tool_use_id == *id));
        own.next().cloned().or_else(|| interrupted(id))
    };
    asked.iter().filter_map(of).chain(rest).collect()
}

fn interrupted(id: &str) -> Option<ContentBlock> {
    let result = ToolResultBlock::builder()
        .tool_use_id(id)
        .content(ToolResultContentBlock::Text(INTERRUPTED.to_owned()))
        .status(ToolResultStatus::Error);
    result.build().ok().map(ContentBlock::ToolResult)
}

fn message(role: ConversationRole, mut content: Vec<ContentBlock>) -> Option<Message> {
    if content.iter().all(ContentBlock::is_reasoning_content) && role == ConversationRole::Assistant {
        content.push(ContentBlock::Text(NO_ANSWER.to_owned()));
    } else if content.is_empty() {
        content.push(ContentBlock::Text(GO_ON.to_owned()));
    }
    Message::builder().role(role).set_content(Some(content)).build().ok()
}
