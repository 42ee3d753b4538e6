//! The AWS SDK for Rust by hand, in a tool loop, streamed. Prompts come on standard input, a line each.
//!
//! Reading the stream and deciding by the stop reason are as in AWS's own examples for this SDK (`converse-stream` and
//! `tool-use` in aws-doc-sdk-examples): another stop reason than `tool_use` and `end_turn`, or a tool that is not there,
//! is an error.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole, ConverseStreamOutput, Message,
    StopReason, Tool, ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock,
    ToolSpecification, ToolUseBlock,
};
use aws_smithy_types::{Document, Number};
use serde_json::{Value, json};
use std::error::Error;
use std::io::Read;
use std::process::ExitCode;

const MAX_STEPS: usize = 20;
const MODEL: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let client = Client::new(&aws_config::load_from_env().await);
    let mut prompts = String::new();
    std::io::stdin().read_to_string(&mut prompts)?;
    let (mut messages, mut code) = (Vec::new(), ExitCode::SUCCESS);
    for prompt in prompts.lines() {
        match converse(&client, &mut messages, prompt).await {
            Ok(text) => println!("{text}"),
            Err(error) => {
                eprintln!("{error:?}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// Asks, runs tools, and asks again until there is an answer.
async fn converse(
    client: &Client,
    messages: &mut Vec<Message>,
    prompt: &str,
) -> Result<String, Box<dyn Error>> {
    messages.push(message(ConversationRole::User, vec![ContentBlock::Text(prompt.to_owned())])?);
    for _ in 0..MAX_STEPS {
        let (content, stop) = answer(client, messages).await?;
        messages.push(message(ConversationRole::Assistant, content.clone())?);
        match stop {
            Some(StopReason::ToolUse) => messages.push(message(ConversationRole::User, results(&content)?)?),
            Some(StopReason::EndTurn) => return Ok(text(&content)),
            other => return Err(format!("the answer ended with {other:?}").into()),
        }
    }
    Err(format!("no answer after {MAX_STEPS} steps").into())
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

/// One answer of the model, put together from its stream, and why it stopped.
async fn answer(
    client: &Client,
    messages: &[Message],
) -> Result<(Vec<ContentBlock>, Option<StopReason>), Box<dyn Error>> {
    let model = std::env::var("FAULTLINE_MODEL").unwrap_or_else(|_| MODEL.to_owned());
    let request = client.converse_stream().model_id(model).set_messages(Some(messages.to_vec()));
    let mut stream = request.tool_config(tools()?).send().await?.stream;
    let (mut content, mut open, mut stop) = (Vec::new(), Open::default(), None);
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
            ConverseStreamOutput::ContentBlockStop(_) => content.extend(closed(std::mem::take(&mut open))?),
            ConverseStreamOutput::MessageStop(message) => stop = Some(message.stop_reason),
            _ => {}
        }
    }
    Ok((content, stop))
}

/// The block, if it is text or a call: other kinds are passed over, as the examples do.
fn closed(open: Open) -> Result<Option<ContentBlock>, Box<dyn Error>> {
    let Some((id, name)) = open.tool else {
        return Ok((!open.text.is_empty()).then_some(ContentBlock::Text(open.text)));
    };
    let input = document(&serde_json::from_str(&open.input)?);
    Ok(Some(ContentBlock::ToolUse(ToolUseBlock::builder().tool_use_id(id).name(name).input(input).build()?)))
}

fn text(content: &[ContentBlock]) -> String {
    content.iter().filter_map(|block| block.as_text().ok()).map(String::as_str).collect()
}

fn results(content: &[ContentBlock]) -> Result<Vec<ContentBlock>, Box<dyn Error>> {
    let mut results = Vec::new();
    for tool in content.iter().filter_map(|block| block.as_tool_use().ok()) {
        let said = ToolResultContentBlock::Text(run(tool)?);
        let result = ToolResultBlock::builder().tool_use_id(tool.tool_use_id()).content(said).build()?;
        results.push(ContentBlock::ToolResult(result));
    }
    Ok(results)
}

/// What a tool says.
fn run(tool: &ToolUseBlock) -> Result<String, Box<dyn Error>> {
    let argument = |name: &str| {
        tool.input().as_object().and_then(|input| input.get(name)).ok_or("an argument is missing")
    };
    Ok(match tool.name() {
        "lookup_parcel" => {
            let id = argument("parcel_id")?.as_string().ok_or("parcel_id is no text")?;
            format!("Parcel {id} is in the depot.")
        }
        "convert_length" => {
            let metres = argument("metres")?.as_number().ok_or("metres is no number")?.to_f64_lossy();
            format!("{:.2} feet", metres * 3.28084)
        }
        name => return Err(format!("there is no tool {name}").into()),
    })
}

fn tools() -> Result<ToolConfiguration, Box<dyn Error>> {
    let tool = |name: &str, about: &str, key: &str, kind: &str| {
        let schema = json!({ "type": "object", "properties": { key: { "type": kind } }, "required": [key] });
        let schema = ToolInputSchema::Json(document(&schema));
        ToolSpecification::builder()
            .name(name)
            .description(about)
            .input_schema(schema)
            .build()
            .map(Tool::ToolSpec)
    };
    let tools = vec![
        tool("lookup_parcel", "Where a parcel is, by the number on it.", "parcel_id", "string")?,
        tool("convert_length", "Converts a length in metres to feet.", "metres", "number")?,
    ];
    Ok(ToolConfiguration::builder().set_tools(Some(tools)).build()?)
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(whole), _) => Number::PosInt(whole),
            (_, Some(whole)) => Number::NegInt(whole),
            _ => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(members) => {
            Document::Object(members.iter().map(|(key, value)| (key.clone(), document(value))).collect())
        }
    }
}
