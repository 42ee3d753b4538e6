//! One attempt over Converse, for models that stream no tools.

use crate::ask::{Ask, Outcome, inference, wait};
use crate::bug::Bug;
use crate::client::Head;
use crate::errors::{before, silent};
use crate::failure::Failure;
use crate::json;
use crate::limits::FIRST_EVENT;
use crate::message::{Block, Call, Message};
use crate::output;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConverseOutput as Content, ReasoningContentBlock, ToolUseBlock,
};
use serde_json::Value;

/// Makes one attempt.
pub(crate) async fn attempt(ask: &Ask<'_>, head: &Head) -> Outcome {
    let call = ask.model.client.converse().model_id(&ask.model.id);
    let call = call.set_messages(Some(ask.turns.to_vec())).set_tool_config(ask.tools.clone());
    let sent = call.inference_config(inference()).customize().interceptor(head.clone()).send();
    let answer = wait(ask, Some(Bug::HangsOnFirstEvent), FIRST_EVENT, sent).await;
    let seen = head.seen();
    match answer {
        Ok(Ok(output)) => {
            let usage = output.usage.clone();
            let result = message(output).map_err(|failure| failure.of(seen.request_id.as_deref()));
            Outcome { result: result.inspect(|message| show(message, ask.bug)), usage, half: Vec::new() }
        }
        Ok(Err(error)) => Outcome::failed(before(&error, &seen, ask.bug).of(seen.request_id.as_deref())),
        Err(silence) => Outcome::failed(silent(silence, &seen, ask.bug).of(seen.request_id.as_deref())),
    }
}

/// A bug that prints text as it comes prints it here, too.
fn show(message: &Message, bug: Bug) {
    if bug.is(Bug::ShowsBothAttempts) {
        output::print(&message.text());
    }
}

fn message(output: ConverseOutput) -> Result<Message, Failure> {
    let stop = output.stop_reason.as_str().to_owned();
    match output.output {
        Some(Content::Message(message)) => Ok(Message {
            blocks: message.content.into_iter().filter_map(block).collect(),
            stop,
            request_id: None,
        }),
        _ => Err(Failure::broken("IncompleteAnswer", "the answer holds no message")),
    }
}

fn block(block: ContentBlock) -> Option<Block> {
    match block {
        ContentBlock::Text(text) => Some(Block::Text(text)),
        ContentBlock::ToolUse(tool) => Some(Block::Call(call(tool))),
        ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(reasoning)) => {
            Some(Block::Reasoning(reasoning.text, reasoning.signature))
        }
        ContentBlock::ReasoningContent(ReasoningContentBlock::RedactedContent(bytes)) => {
            Some(Block::Redacted(bytes.into_inner()))
        }
        _ => None,
    }
}

fn call(tool: ToolUseBlock) -> Call {
    let input = match json::value(&tool.input) {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(serde_json::Map::new()),
        _ => Err("the input is not a JSON object".to_owned()),
    };
    Call { id: tool.tool_use_id, name: tool.name, input }
}
