//! The model layer: what Claude wants of reasoning that comes back. Paths are 0-based.
//!
//! That a signature is genuine is not looked at: the signatures of scripted replies need not be, and only the
//! model can tell ("Invalid signature in thinking block", can1357/oh-my-pi#333).

use super::model::errors;
use faultline_wire::Call;
use faultline_wire::message::{Block, Message, text_member};
use serde_json::Value;

/// Thinking while the tool choice leaves no choice.
pub fn forced(call: &Call) -> Option<String> {
    let choice = call.body.pointer("/toolConfig/toolChoice")?;
    let forced = choice.get("any").is_some() || choice.get("tool").is_some();
    (forced && is_enabled(call))
        .then(|| errors("Thinking may not be enabled when tool_choice forces tool use."))
}

/// Reasoning text without a signature. An empty one counts as none (can1357/oh-my-pi#10486).
pub fn unsigned(call: &Call) -> Option<String> {
    call.messages().iter().enumerate().find_map(|(at, message)| {
        let inner = message.content().iter().position(|block| {
            let Block::Reasoning(members) = block else { return false };
            members.get("reasoningText").is_some_and(|text| text_member(text, "signature").is_empty())
        })?;
        Some(errors(&format!("messages.{at}.content.{inner}.thinking.signature: Field required")))
    })
}

/// Tool results that come back with thinking on, where no assistant message since the last question begins with
/// reasoning. That later ones of a run of tool calls may do without is Anthropic's documentation of extended
/// thinking; so one that has it is enough here.
pub fn does_not_lead(call: &Call) -> Option<String> {
    let messages = call.messages();
    if !is_enabled(call) || !messages.last().is_some_and(|last| has_results(*last)) {
        return None;
    }
    let question = messages.iter().rposition(|message| message.role() == "user" && !has_results(*message))?;
    let mut assistant =
        (0..).zip(&messages).skip(question).filter(|(_, message)| message.role() == "assistant");
    let (at, first) = assistant.next()?;
    let found = match first.content().first()? {
        Block::Text(_) => "text",
        Block::ToolUse(_) => "tool_use",
        _ => return None,
    };
    let leads = |message: &Message<'_>| matches!(message.content().first(), Some(Block::Reasoning(_)));
    (!assistant.any(|(_, message): (usize, _)| leads(message))).then(|| {
        errors(&format!(
            "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
        ))
    })
}

/// Whether the request switches extended thinking on. Adaptive thinking is the model's own choice.
fn is_enabled(call: &Call) -> bool {
    let thinking = call.body.pointer("/additionalModelRequestFields/thinking/type");
    thinking.and_then(Value::as_str) == Some("enabled")
}

fn has_results(message: Message<'_>) -> bool {
    !message.tool_result_ids().is_empty()
}
