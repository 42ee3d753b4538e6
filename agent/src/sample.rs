//! Histories for tests, written as letters: `p` a prompt, `c` a call, `r` its result, `a` an answer.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, Message, ToolResultBlock, ToolResultContentBlock, ToolUseBlock,
};
use aws_smithy_types::Document;
use std::collections::HashMap;

/// The history that the letters stand for.
pub(crate) fn history(letters: &str) -> Vec<Message> {
    letters.chars().enumerate().map(|(at, letter)| message(at, letter)).collect()
}

/// The letters of a history.
pub(crate) fn letters(messages: &[Message]) -> String {
    messages
        .iter()
        .map(|message| match (&message.role, &message.content[0]) {
            (_, ContentBlock::ToolUse(_)) => 'c',
            (_, ContentBlock::ToolResult(_)) => 'r',
            (ConversationRole::User, _) => 'p',
            _ => 'a',
        })
        .collect()
}

fn message(at: usize, letter: char) -> Message {
    let (role, block) = match letter {
        'c' => (ConversationRole::Assistant, call(at)),
        'r' => (ConversationRole::User, result(at - 1)),
        'p' => (ConversationRole::User, ContentBlock::Text(format!("prompt {at}"))),
        _ => (ConversationRole::Assistant, ContentBlock::Text(format!("answer {at}"))),
    };
    Message::builder().role(role).content(block).build().unwrap()
}

fn call(at: usize) -> ContentBlock {
    let call = ToolUseBlock::builder()
        .tool_use_id(format!("id{at}"))
        .name("look")
        .input(Document::Object(HashMap::new()));
    ContentBlock::ToolUse(call.build().unwrap())
}

fn result(at: usize) -> ContentBlock {
    let result = ToolResultBlock::builder()
        .tool_use_id(format!("id{at}"))
        .content(ToolResultContentBlock::Text(format!("result of the call {at}")));
    ContentBlock::ToolResult(result.build().unwrap())
}
