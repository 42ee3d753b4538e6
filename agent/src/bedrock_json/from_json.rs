//! The way back: messages from their JSON, as far as a conversation of the agent needs it. What it cannot read it leaves
//! out; whether the rest is a conversation is for others to see.

use aws_sdk_bedrockruntime::types as sdk;
use aws_smithy_types::Blob;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::document::json_to_document;

/// A message from what [`super::message`] makes of it: texts, tool calls and results, reasoning. Other blocks are left out;
/// what is no message is `None`.
#[must_use]
pub fn message_from_json(value: &Value) -> Option<sdk::Message> {
    let role = sdk::ConversationRole::from(value["role"].as_str()?);
    let content = value["content"].as_array()?.iter().filter_map(block).collect();
    sdk::Message::builder().role(role).set_content(Some(content)).build().ok()
}

fn block(value: &Value) -> Option<sdk::ContentBlock> {
    let (name, value) = value.as_object()?.iter().next()?;
    match name.as_str() {
        "text" => Some(sdk::ContentBlock::Text(value.as_str()?.to_owned())),
        "toolUse" => tool_use(value).map(sdk::ContentBlock::ToolUse),
        "toolResult" => tool_result(value).map(sdk::ContentBlock::ToolResult),
        "reasoningContent" => reasoning(value).map(sdk::ContentBlock::ReasoningContent),
        _ => None,
    }
}

fn tool_use(value: &Value) -> Option<sdk::ToolUseBlock> {
    sdk::ToolUseBlock::builder()
        .tool_use_id(value["toolUseId"].as_str()?)
        .name(value["name"].as_str()?)
        .input(json_to_document(&value["input"]))
        .build()
        .ok()
}

fn tool_result(value: &Value) -> Option<sdk::ToolResultBlock> {
    let content = value["content"].as_array()?.iter().filter_map(result_content).collect();
    sdk::ToolResultBlock::builder()
        .tool_use_id(value["toolUseId"].as_str()?)
        .set_content(Some(content))
        .set_status(value["status"].as_str().map(sdk::ToolResultStatus::from))
        .build()
        .ok()
}

fn result_content(value: &Value) -> Option<sdk::ToolResultContentBlock> {
    let (name, value) = value.as_object()?.iter().next()?;
    match name.as_str() {
        "text" => Some(sdk::ToolResultContentBlock::Text(value.as_str()?.to_owned())),
        "json" => Some(sdk::ToolResultContentBlock::Json(json_to_document(value))),
        _ => None,
    }
}

fn reasoning(value: &Value) -> Option<sdk::ReasoningContentBlock> {
    if let Some(redacted) = value["redactedContent"].as_str() {
        let bytes = STANDARD.decode(redacted).ok()?;
        return Some(sdk::ReasoningContentBlock::RedactedContent(Blob::new(bytes)));
    }
    let text = &value["reasoningText"];
    let block = sdk::ReasoningTextBlock::builder()
        .text(text["text"].as_str()?)
        .set_signature(text["signature"].as_str().map(str::to_owned));
    block.build().ok().map(sdk::ReasoningContentBlock::ReasoningText)
}
