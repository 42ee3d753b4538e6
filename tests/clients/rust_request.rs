//! A case's request in the types of the Rust SDK, for the content that cases send: text, toolUse, toolResult. What it
//! does not know it must refuse, so that no case is judged on half its request.

use std::error::Error;

use aws_sdk_bedrockruntime::types as sdk;
use faultline_agent::bedrock_json::json_to_document;
use serde_json::Value;

/// Why a request cannot be made.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// The members of a request that this file knows.
const MEMBERS: [&str; 3] = ["modelId", "messages", "toolConfig"];

/// A request in the SDK's types.
#[derive(Clone)]
pub(crate) struct Request {
    /// `modelId`.
    pub(crate) model_id: String,
    /// `messages`.
    pub(crate) messages: Vec<sdk::Message>,
    /// `toolConfig`.
    pub(crate) tools: Option<sdk::ToolConfiguration>,
}

impl Request {
    /// The request that a case spells as the API reference does.
    pub(crate) fn of(request: &Value) -> Result<Self, Failed> {
        let mut members = request.as_object().into_iter().flat_map(|members| members.keys());
        if let Some(other) = members.find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(format!("no `{other}` for the Rust SDK").into());
        }
        Ok(Self {
            model_id: text(request, "modelId")?,
            messages: each(request, "messages", message)?,
            tools: request.get("toolConfig").map(tool_config).transpose()?,
        })
    }
}

fn message(message: &Value) -> Result<sdk::Message, Failed> {
    let content = each(message, "content", block)?;
    let role = sdk::ConversationRole::from(text(message, "role")?.as_str());
    Ok(sdk::Message::builder().role(role).set_content(Some(content)).build()?)
}

fn block(block: &Value) -> Result<sdk::ContentBlock, Failed> {
    if let Some(tool) = block.get("toolUse") {
        let tool = sdk::ToolUseBlock::builder()
            .tool_use_id(text(tool, "toolUseId")?)
            .name(text(tool, "name")?)
            .input(json_to_document(&tool["input"]));
        return Ok(sdk::ContentBlock::ToolUse(tool.build()?));
    }
    if let Some(result) = block.get("toolResult") {
        let content = each(result, "content", result_block)?;
        let result = sdk::ToolResultBlock::builder().tool_use_id(text(result, "toolUseId")?);
        return Ok(sdk::ContentBlock::ToolResult(result.set_content(Some(content)).build()?));
    }
    Ok(sdk::ContentBlock::Text(text(block, "text")?))
}

fn result_block(block: &Value) -> Result<sdk::ToolResultContentBlock, Failed> {
    if let Some(json) = block.get("json") {
        return Ok(sdk::ToolResultContentBlock::Json(json_to_document(json)));
    }
    Ok(sdk::ToolResultContentBlock::Text(text(block, "text")?))
}

fn tool_config(config: &Value) -> Result<sdk::ToolConfiguration, Failed> {
    let tools = each(config, "tools", |tool| {
        let spec = &tool["toolSpec"];
        let schema = sdk::ToolInputSchema::Json(json_to_document(&spec["inputSchema"]["json"]));
        let spec = sdk::ToolSpecification::builder().name(text(spec, "name")?).input_schema(schema);
        Ok(sdk::Tool::ToolSpec(spec.build()?))
    })?;
    Ok(sdk::ToolConfiguration::builder().set_tools(Some(tools)).build()?)
}

fn text(value: &Value, member: &str) -> Result<String, Failed> {
    let found = value.get(member).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no `{member}` for the Rust SDK in {value}"))?.to_owned())
}

fn each<T>(
    value: &Value,
    member: &str,
    make: impl Fn(&Value) -> Result<T, Failed>,
) -> Result<Vec<T>, Failed> {
    let items = value.get(member).and_then(Value::as_array);
    items.ok_or_else(|| format!("no `{member}` for the Rust SDK in {value}"))?.iter().map(make).collect()
}
