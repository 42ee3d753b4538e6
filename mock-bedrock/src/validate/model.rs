//! The model layer: the shape of turns, where only some model families mind. Paths are 0-based.
//!
//! Converse speaks itself for some families; for Claude it passes on what the model says, behind
//! [`errors`]. It knows nothing of which family is asked: that is the table's.

use faultline_wire::Call;
use faultline_wire::message::{Block, list};
use serde_json::Value;

/// What Converse says when the model behind it refuses.
pub fn errors(text: &str) -> String {
    format!("The model returned the following errors: {text}")
}

/// Text beside a toolResult in one user turn.
pub fn text_beside_result(call: &Call) -> Option<String> {
    beside(call, "tool result", |block| matches!(block, Block::ToolResult(_)))
}

/// Text beside a toolUse in one assistant turn.
pub fn text_beside_use(call: &Call) -> Option<String> {
    beside(call, "tool use", |block| matches!(block, Block::ToolUse(_)))
}

fn beside(call: &Call, kind: &str, tool: impl Fn(&Block<'_>) -> bool) -> Option<String> {
    let at = call.messages().iter().position(|message| {
        let content = message.content();
        content.iter().any(&tool) && content.iter().any(|block| block.text().is_some())
    })?;
    Some(format!(
        "messages.{at}.content: Conversation blocks and {kind} blocks cannot be provided in the same turn."
    ))
}

/// A conversation that ends with the assistant.
pub fn prefill(call: &Call) -> Option<String> {
    (call.messages().last()?.role() == "assistant").then(|| {
        errors(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        )
    })
}

/// A conversation that ends with an assistant's text that ends in white space.
pub fn trailing_white_space(call: &Call) -> Option<String> {
    let messages = call.messages();
    let last = messages.last().filter(|message| message.role() == "assistant")?;
    let text = last.content().last()?.text()?;
    (text.trim_end() != text)
        .then(|| errors("messages: final assistant content cannot end with trailing whitespace"))
}

/// A tool result with an empty text in it.
pub fn empty_result_text(call: &Call) -> Option<String> {
    let empty = call.messages().iter().any(|message| {
        message.content().iter().any(|block| {
            let Block::ToolResult(members) = block else { return false };
            list(members.get("content")).iter().any(|item| item.get("text") == Some(&Value::from("")))
        })
    });
    empty.then(|| errors("messages: text content blocks must be non-empty"))
}

/// Tool results that stand behind another block of their message: Claude looks for them at its beginning only.
/// The message that is named is the one with the results, as in both reports.
pub fn results_behind(call: &Call) -> Option<String> {
    call.messages().iter().enumerate().find_map(|(at, message)| {
        let content = message.content();
        let leads = |block: &Block<'_>| matches!(block, Block::ToolResult(_)) || is_cache_point(*block);
        let behind: Vec<&str> =
            content.iter().skip_while(|block| leads(block)).filter_map(|block| block.tool_result_id()).collect();
        (message.role() == "user" && !behind.is_empty()).then(|| {
            errors(&format!(
                "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
                behind.join(", ")
            ))
        })
    })
}

/// Whether a block is a cache point, which is no block to the model.
fn is_cache_point(block: Block<'_>) -> bool {
    matches!(block, Block::Other(members) if members.get("cachePoint").is_some())
}
