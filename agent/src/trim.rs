//! Makes a history shorter without parting a tool call from its result. Pure.
//!
//! A history falls into exchanges: a prompt and everything up to the next one. Exchanges go as a whole, oldest first; the
//! newest stays.

use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message, ToolResultContentBlock};

use crate::bedrock_json::document_to_json;

/// Tool results longer than this are cut when a history is too long, in characters.
const LONGEST_RESULT: usize = 2_000;

/// A shorter history; `None` where nothing can go.
pub(crate) fn shorter(messages: &[Message]) -> Option<Vec<Message>> {
    older_half(messages).or_else(|| shorter_results(messages, LONGEST_RESULT))
}

/// The history without its older half, at least one exchange; `None` where there is only one.
pub(crate) fn older_half(messages: &[Message]) -> Option<Vec<Message>> {
    newest(messages, starts(messages).len() / 2)
}

/// The newest so many exchanges, at least one; `None` where there are no more.
pub(crate) fn newest(messages: &[Message], keep: usize) -> Option<Vec<Message>> {
    let starts = starts(messages);
    let dropped = starts.len().checked_sub(keep.max(1)).filter(|dropped| *dropped > 0)?;
    Some(messages[starts[dropped]..].to_vec())
}

/// What came before the newest prompt, and the rest from there; `None` where nothing came before.
pub(crate) fn at_newest_prompt(messages: &[Message]) -> Option<(&[Message], &[Message])> {
    let last = *starts(messages).last()?;
    (last > 0).then(|| messages.split_at(last))
}

/// The history with the middle of every tool result cut out that is longer than `limit` characters; `None` where none is.
pub(crate) fn shorter_results(messages: &[Message], limit: usize) -> Option<Vec<Message>> {
    let mut messages = messages.to_vec();
    let mut cut = false;
    for block in messages.iter_mut().flat_map(|message| &mut message.content) {
        if let ContentBlock::ToolResult(result) = block {
            for part in &mut result.content {
                cut |= shorten(part, limit);
            }
        }
    }
    cut.then_some(messages)
}

/// The text with its middle cut out, between characters.
pub(crate) fn cut_middle(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let (head, tail) = (limit.div_ceil(2), limit / 2);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}\n[{} characters left out]\n{end}", length - head - tail)
}

/// Where exchanges begin. A message that holds a tool result belongs to the call before it, whatever else it holds.
fn starts(messages: &[Message]) -> Vec<usize> {
    let is_prompt = |message: &Message| {
        message.role == ConversationRole::User && !message.content.iter().any(ContentBlock::is_tool_result)
    };
    messages.iter().enumerate().filter(|(_, message)| is_prompt(message)).map(|(at, _)| at).collect()
}

fn shorten(part: &mut ToolResultContentBlock, limit: usize) -> bool {
    let text = match part {
        ToolResultContentBlock::Text(text) => text.clone(),
        ToolResultContentBlock::Json(document) => document_to_json(document).to_string(),
        _ => return false,
    };
    let is_long = text.chars().count() > limit;
    if is_long {
        *part = ToolResultContentBlock::Text(cut_middle(&text, limit));
    }
    is_long
}

#[cfg(test)]
mod tests;
