//! The AWS SDK for Rust by hand, in a tool loop, streamed. Prompts come on standard input, a line each.
//!
//! It is written as the SDK's examples are, on purpose: this is what `faultline grade` says of it.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole, ConverseStreamOutput, Message, Tool,
    ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock, ToolSpecification, ToolUseBlock,
};
use aws_sdk_bedrockruntime::Client;
use aws_smithy_types::{Document, Number};
use serde_json::{json, Value};
use std::error::Error;
use std::io::Read;

const MODEL: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&aws_config::load_from_env().await);
    let model = std::env::var("FAULTLINE_MODEL").unwrap_or_else(|_| MODEL.to_owned());
    let mut prompts = String::new();
    std::io::stdin().read_to_string(&mut prompts)?;
    let mut messages = Vec::new();
    for prompt in prompts.lines() {
        messages.push(message(ConversationRole::User, vec![ContentBlock::Text(prompt.to_owned())])?);
        loop {
            let content = answer(&client, &model, &messages).await?;
            messages.push(message(ConversationRole::Assistant, content.clone())?);
            let results = results(&content)?;
            if results.is_empty() {
                println!("{}", text(&content));
                break;
            }
            messages.push(message(ConversationRole::User, results)?);
        }
    }
    Ok(())
}

fn message(role: ConversationRole, content: Vec<ContentBlock>) -> Result<Message, Box<dyn Error>> {
    Ok(Message::builder().role(role).set_content(Some(content)).build()?)
}

/// A block under construction.
#[derive(Default)]
struct Open {
    text: String,
    tool: Option<(String, String)>,
    input: String,
}

/// One answer of the model, put together from its stream.
async fn answer(client: &Client, model: &str, messages: &[Message]) -> Result<Vec<ContentBlock>, Box<dyn Error>> {
    let request = client.converse_stream().model_id(model).set_messages(Some(messages.to_vec()));
    let mut stream = request.tool_config(tools()?).send().await?.stream;
    let (mut content, mut open) = (Vec::new(), Open::default());
    while let Some(event) = stream.recv().await? {
        match event {
            ConverseStreamOutput::ContentBlockStart(start) => {
                if let Some(ContentBlockStart::ToolUse(tool)) = start.start {
                    open.tool = Some((tool.tool_use_id, tool.name));
                }
            }
            ConverseStreamOutput::ContentBlockDelta(delta) => match delta.delta {
                Some(ContentBlockDelta::Text(text)) => open.text.push_str(&text),
                Some(ContentBlockDelta::ToolUse(tool)) => open.input.push_str(&tool.input),
                _ => {}
            },
            ConverseStreamOutput::ContentBlockStop(_) => content.push(closed(std::mem::take(&mut open))?),
            ConverseStreamOutput::MessageStop(_) => break,
            _ => {}
        }
    }
    Ok(content)
}

fn closed(open: Open) -> Result<ContentBlock, Box<dyn Error>> {
    let Some((id, name)) = open.tool else { return Ok(ContentBlock::Text(open.text)) };
    let input = document(&serde_json::from_str(&open.input)?);
    Ok(ContentBlock::ToolUse(ToolUseBlock::builder().tool_use_id(id).name(name).input(input).build()?))
}

fn text(content: &[ContentBlock]) -> String {
    content.iter().filter_map(|block| block.as_text().ok()).map(String::as_str).collect()
}

fn results(content: &[ContentBlock]) -> Result<Vec<ContentBlock>, Box<dyn Error>> {
    let mut results = Vec::new();
    for tool in content.iter().filter_map(|block| block.as_tool_use().ok()) {
        let said = ToolResultContentBlock::Text(format!("{} has been done", tool.name()));
        let result = ToolResultBlock::builder().tool_use_id(tool.tool_use_id()).content(said).build()?;
        results.push(ContentBlock::ToolResult(result));
    }
    Ok(results)
}

fn tools() -> Result<ToolConfiguration, Box<dyn Error>> {
    let tool = |name: &str, key: &str, kind: &str| {
        let schema = json!({ "type": "object", "properties": { key: { "type": kind } }, "required": [key] });
        let schema = ToolInputSchema::Json(document(&schema));
        ToolSpecification::builder().name(name).description(name).input_schema(schema).build().map(Tool::ToolSpec)
    };
    let tools = vec![tool("lookup_parcel", "parcel_id", "string")?, tool("convert_length", "metres", "number")?];
    Ok(ToolConfiguration::builder().set_tools(Some(tools)).build()?)
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => Document::Number(Number::Float(number.as_f64().unwrap_or_default())),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(members) => {
            Document::Object(members.iter().map(|(key, value)| (key.clone(), document(value))).collect())
        }
    }
}
