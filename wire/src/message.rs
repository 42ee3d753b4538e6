//! Converse messages and content blocks, borrowed from the JSON that holds them.
//!
//! Typed where we act (roles, text, tool use, tool results); everything else stays the JSON it is, so an
//! unknown member survives every pass.

use serde_json::{Map, Value};

/// The `messages` of a Converse request body; empty when missing or not a list.
pub fn messages(body: &Value) -> Vec<Message<'_>> {
    list(body.get("messages")).iter().map(Message).collect()
}

/// One message: a role and a list of content blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message<'a>(pub &'a Value);

impl<'a> Message<'a> {
    /// `user` or `assistant` in legal requests; empty when missing.
    pub fn role(self) -> &'a str {
        text_member(self.0, "role")
    }

    /// The content blocks in order.
    pub fn content(self) -> Vec<Block<'a>> {
        list(self.0.get("content")).iter().map(Block::of).collect()
    }

    /// All text of the message, blocks joined by a newline.
    pub fn text(self) -> String {
        let texts: Vec<&str> = self.content().iter().filter_map(|block| block.text()).collect();
        texts.join("\n")
    }

    /// The ids of its toolUse blocks, in order.
    pub fn tool_use_ids(self) -> Vec<&'a str> {
        self.content().iter().filter_map(|block| block.tool_use_id()).collect()
    }

    /// The ids of its toolResult blocks, in order.
    pub fn tool_result_ids(self) -> Vec<&'a str> {
        self.content().iter().filter_map(|block| block.tool_result_id()).collect()
    }
}

/// One content block, by the union member that it sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Block<'a> {
    /// `text`.
    Text(&'a str),
    /// `toolUse`: its members.
    ToolUse(&'a Value),
    /// `toolResult`: its members.
    ToolResult(&'a Value),
    /// `reasoningContent`: its members.
    Reasoning(&'a Value),
    /// Any other member, and whatever is no legal block.
    Other(&'a Value),
}

impl<'a> Block<'a> {
    /// Reads one block of a content list.
    pub fn of(value: &'a Value) -> Self {
        if let Some(Value::String(text)) = value.get("text") {
            return Self::Text(text);
        }
        if let Some(members) = value.get("toolUse") {
            return Self::ToolUse(members);
        }
        if let Some(members) = value.get("toolResult") {
            return Self::ToolResult(members);
        }
        value.get("reasoningContent").map_or(Self::Other(value), Self::Reasoning)
    }

    /// The text of a text block.
    pub fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The toolUseId of a toolUse block.
    pub fn tool_use_id(self) -> Option<&'a str> {
        if let Self::ToolUse(members) = self { Some(text_member(members, "toolUseId")) } else { None }
    }

    /// The toolUseId of a toolResult block.
    pub fn tool_result_id(self) -> Option<&'a str> {
        if let Self::ToolResult(members) = self { Some(text_member(members, "toolUseId")) } else { None }
    }
}

/// A string member; empty when missing or of another type.
pub fn text_member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A list member's items; empty when missing or of another type.
pub fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The `toolConfig.tools` of a Converse request body; empty when missing or not a list.
pub fn tools(body: &Value) -> &[Value] {
    // Member by member: `Value::pointer` allocates for each, and this is asked of every request.
    list(body.get("toolConfig").and_then(|config| config.get("tools")))
}

/// The tools that a request offers: their `toolSpec` members, in order.
pub fn tool_specs(body: &Value) -> Vec<&Map<String, Value>> {
    tools(body).iter().filter_map(|tool| tool.get("toolSpec").and_then(Value::as_object)).collect()
}

/// The characters of every string in a value, the few of roles and ids with them; what is encoded as `bytes` is none.
pub fn text_chars(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(text_chars).sum(),
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "bytes").map(|(_, value)| text_chars(value)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_are_told_apart_by_their_member() {
        let body = json!({"messages": [{"role": "user", "content": [
            {"text": "a"}, {"toolUse": {"toolUseId": "t1"}}, {"toolResult": {"toolUseId": "t2"}}, {"image": {}},
            {"text": "b"}
        ]}]});
        let message = messages(&body)[0];
        assert_eq!(message.role(), "user");
        assert_eq!(message.text(), "a\nb");
        assert_eq!(message.tool_use_ids(), ["t1"]);
        assert_eq!(message.tool_result_ids(), ["t2"]);
    }

    #[test]
    fn broken_bodies_have_no_messages() {
        for body in [json!(null), json!([]), json!({"messages": 3}), json!({"messages": {}})] {
            assert!(messages(&body).is_empty());
        }
    }
}
