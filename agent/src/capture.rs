//! Content of prompts, answers and tool calls on spans: only where somebody asked for it, and through their redaction.

use std::sync::Arc;

use aws_sdk_bedrockruntime::types::{ContentBlock, Message};
use serde_json::{Value, json};

use crate::bedrock_json;

/// Lets content onto spans, each text through a function that takes out what must not be there.
#[derive(Clone)]
pub struct Capture(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl Capture {
    /// Content as `redact` gives it back. It is given whole JSON documents.
    pub fn redacted(redact: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(redact))
    }

    /// A value as JSON, without what must not be there.
    pub(crate) fn json(&self, value: &Value) -> String {
        (self.0)(&value.to_string())
    }

    /// Messages in the form of the conventions.
    pub(crate) fn messages(&self, messages: &[Message]) -> String {
        let one = |message: &Message| {
            let parts: Vec<Value> = message.content.iter().filter_map(part).collect();
            json!({ "role": message.role.as_str(), "parts": parts })
        };
        self.json(&messages.iter().map(one).collect())
    }

    /// An answer in the form of the conventions.
    pub(crate) fn answer(&self, content: &[ContentBlock], stop_reason: &str) -> String {
        let parts: Vec<Value> = content.iter().filter_map(part).collect();
        self.json(&json!([{ "role": "assistant", "parts": parts, "finish_reason": stop_reason }]))
    }
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Capture")
    }
}

/// A content block as a part; what the conventions have no part for is left out.
fn part(block: &ContentBlock) -> Option<Value> {
    let json = bedrock_json::content_block(block);
    if let Some(text) = json.get("text") {
        return Some(json!({ "type": "text", "content": text }));
    }
    if let Some(call) = json.get("toolUse") {
        let (id, name, arguments) = (&call["toolUseId"], &call["name"], &call["input"]);
        return Some(json!({ "type": "tool_call", "id": id, "name": name, "arguments": arguments }));
    }
    let result = json.get("toolResult")?;
    Some(json!({ "type": "tool_call_response", "id": result["toolUseId"], "response": result["content"] }))
}
