//! A whole model message, however it came: what the loop decides on. Knows the SDK's answer types, not the loop.

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ReasoningContentBlock, StopReason, TokenUsage, ToolUseBlock, ToolUseType,
};
use aws_smithy_types::Document;
use serde_json::{Map, Value};

use crate::bedrock_json::document_to_json;

/// A tool's input: a JSON object, or what came instead of one.
pub type ToolInput = Result<Map<String, Value>, BadInput>;

/// A tool input that is not a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadInput {
    /// The input as the model wrote it.
    pub raw: String,
    /// What is wrong with it.
    pub why: String,
}

/// A model message that is whole.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) blocks: Vec<Block>,
    pub(crate) stop_reason: StopReason,
    pub(crate) usage: Option<TokenUsage>,
    pub(crate) request_id: Option<String>,
}

/// One content block of a reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    Text(String),
    /// Reasoning, kept as the SDK type because it must be replayed verbatim.
    Reasoning(ReasoningContentBlock),
    Tool(ToolUse),
    /// Content that is let through but not replayed: image, citations, a server-side tool and its result.
    Other(&'static str),
}

/// A tool call that the agent is asked to make.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolUse {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) input: ToolInput,
}

impl Reply {
    /// The reply's text blocks, joined.
    pub(crate) fn text(&self) -> String {
        self.blocks
            .iter()
            .filter_map(|block| if let Block::Text(text) = block { Some(text.as_str()) } else { None })
            .collect()
    }

    pub(crate) fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.blocks.iter().filter_map(|block| if let Block::Tool(tool) = block { Some(tool) } else { None })
    }

    /// Whether there is anything to show: text that is not blank, or content of another kind. Reasoning alone is not
    /// an answer.
    pub(crate) fn has_answer(&self) -> bool {
        self.blocks.iter().any(|block| match block {
            Block::Text(text) => !text.trim().is_empty(),
            Block::Other(_) => true,
            Block::Reasoning(_) | Block::Tool(_) => false,
        })
    }

    /// The reply in a unary answer.
    pub(crate) fn from_unary(output: ConverseOutput) -> Self {
        let request_id = output.request_id().map(str::to_owned);
        let blocks = match output.output {
            Some(aws_sdk_bedrockruntime::types::ConverseOutput::Message(message)) => message.content,
            _ => Vec::new(),
        };
        Self {
            blocks: blocks.into_iter().map(unary_block).collect(),
            stop_reason: output.stop_reason,
            usage: output.usage,
            request_id,
        }
    }
}

fn unary_block(block: ContentBlock) -> Block {
    match block {
        ContentBlock::Text(text) => Block::Text(text),
        ContentBlock::ReasoningContent(reasoning) => Block::Reasoning(reasoning),
        ContentBlock::ToolUse(tool) if is_server_tool(tool.r#type.as_ref()) => {
            Block::Other("server tool use")
        }
        ContentBlock::ToolUse(tool) => Block::Tool(unary_tool(tool)),
        ContentBlock::CitationsContent(content) => cited_text(&content),
        ContentBlock::Image(_) => Block::Other("image"),
        ContentBlock::ToolResult(_) => Block::Other("server tool result"),
        _ => Block::Other("unknown content"),
    }
}

/// A cited passage is text for the reader; the citations themselves are not replayed.
fn cited_text(content: &aws_sdk_bedrockruntime::types::CitationsContentBlock) -> Block {
    let parts = content.content().iter().filter_map(|part| part.as_text().ok());
    Block::Text(parts.map(String::as_str).collect())
}

fn unary_tool(tool: ToolUseBlock) -> ToolUse {
    let input = match &tool.input {
        Document::Null => Ok(Map::new()),
        input => object_or_bad(document_to_json(input), || document_to_json(input).to_string()),
    };
    ToolUse { id: tool.tool_use_id, name: tool.name, input }
}

/// Tools that the service runs itself and whose results it sends itself.
pub(crate) fn is_server_tool(kind: Option<&ToolUseType>) -> bool {
    matches!(kind, Some(ToolUseType::ServerToolUse))
}

/// Parses a tool input, joined from its fragments after `contentBlockStop`. Blank is `{}`.
pub(crate) fn parse_input(raw: &str) -> ToolInput {
    if raw.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str::<Value>(raw) {
        Ok(value) => object_or_bad(value, || raw.to_owned()),
        Err(error) => Err(BadInput { raw: raw.to_owned(), why: format!("it is not valid JSON: {error}") }),
    }
}

fn object_or_bad(value: Value, raw: impl Fn() -> String) -> ToolInput {
    let kind = match value {
        Value::Object(members) => return Ok(members),
        Value::Array(_) => "an array",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "null",
    };
    Err(BadInput { raw: raw(), why: format!("it is {kind}, not a JSON object") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(raw: &str, expected: impl Into<Option<Value>>) {
        let expected = expected.into();
        assert_eq!(parse_input(raw).ok().map(Value::Object), expected, "{raw:?}");
    }

    #[test]
    fn a_blank_input_is_an_empty_object() {
        check("", json!({}));
        check(" \n", json!({}));
        check("{}", json!({}));
    }

    #[test]
    fn only_a_json_object_is_an_input() {
        check(r#"{"a": [1, {"b": null}]}"#, json!({"a": [1, {"b": null}]}));
        check(r#""""#, None);
        check("[1]", None);
        check("null", None);
        check("42", None);
        check("true", None);
        check(r#"{"a": 1"#, None);
        check(r#"{"a": 1,}"#, None);
        check("{'a': 1}", None);
        check(r#"{"a":1}{"b":2}"#, None);
    }

    #[test]
    fn a_lone_surrogate_is_refused_so_that_it_never_enters_the_history() {
        check(r#"{"q":"\ud99c"}"#, None);
        check(r#"{"q":"\ud83d\ude00"}"#, json!({"q": "\u{1f600}"}));
    }

    #[test]
    fn a_refusal_says_what_came_instead() {
        assert_eq!(parse_input("[1]").unwrap_err().why, "it is an array, not a JSON object");
        assert!(parse_input("{").unwrap_err().why.starts_with("it is not valid JSON: EOF"));
    }
}
