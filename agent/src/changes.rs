//! The form that a model takes requests in, as far as it differs from the usual one. Pure.
//!
//! The history keeps what was said; only the request is changed.

use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};

use crate::classify::Change;

/// What a model is known to refuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) unary: bool,
    pub(crate) no_cache_points: bool,
    pub(crate) no_stop_sequences: bool,
    no_tool_status: bool,
    no_text_beside_calls: bool,
    max_tokens: Option<u32>,
}

/// Models that refuse text in a message with tool calls, as of 2026-11 (langchain-aws#1118, quarkiverse/quarkus-langchain4j
/// #1983). Others are learned when they refuse it.
const CALLS_ALONE: [&str; 3] = ["meta.llama", "mistral.", "writer."];

impl Changes {
    /// What is known of a model before it was asked.
    pub(crate) fn known(model: &str) -> Self {
        let no_text_beside_calls = CALLS_ALONE.iter().any(|family| model.contains(family));
        Self { no_text_beside_calls, ..Self::default() }
    }

    /// Makes a change; returns whether it is one. A shorter history is none of the request's form.
    pub(crate) fn make(&mut self, change: Change) -> bool {
        let before = *self;
        match change {
            Change::Unary => self.unary = true,
            Change::NoCachePoints => self.no_cache_points = true,
            Change::NoStopSequences => self.no_stop_sequences = true,
            Change::NoToolStatus => self.no_tool_status = true,
            Change::NoTextBesideCalls => self.no_text_beside_calls = true,
            Change::MaxTokens(limit) => {
                self.max_tokens = Some(self.max_tokens.map_or(limit, |known| known.min(limit)));
            }
            Change::Shorten => {}
        }
        *self != before
    }

    /// `maxTokens` as the model takes it; at least 1.
    pub(crate) fn max_tokens(&self, wanted: u32) -> u32 {
        self.max_tokens.map_or(wanted, |limit| wanted.min(limit)).max(1)
    }

    /// The history as the model takes it.
    pub(crate) fn messages(&self, messages: &[Message]) -> Vec<Message> {
        let mut messages = messages.to_vec();
        for message in &mut messages {
            if self.no_text_beside_calls {
                leave_calls_alone(message);
            }
            if self.no_tool_status {
                message.content.iter_mut().for_each(drop_status);
            }
        }
        messages
    }
}

fn leave_calls_alone(message: &mut Message) {
    let has_calls = message.content.iter().any(ContentBlock::is_tool_use);
    if message.role == ConversationRole::Assistant && has_calls {
        message.content.retain(|block| !block.is_text());
    }
}

fn drop_status(block: &mut ContentBlock) {
    if let ContentBlock::ToolResult(result) = block {
        result.status = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bedrock_json::message as json_of;
    use aws_sdk_bedrockruntime::types::{
        ToolResultBlock, ToolResultContentBlock, ToolResultStatus, ToolUseBlock,
    };
    use serde_json::json;

    #[test]
    fn a_change_is_made_once() {
        let mut changes = Changes::default();
        let mut check = |change, expected| assert_eq!(changes.make(change), expected, "{change:?}");
        for change in [
            Change::Unary,
            Change::NoCachePoints,
            Change::NoStopSequences,
            Change::NoToolStatus,
            Change::NoTextBesideCalls,
        ] {
            check(change, true);
            check(change, false);
        }
        check(Change::MaxTokens(4096), true);
        check(Change::MaxTokens(8192), false);
        check(Change::MaxTokens(2048), true);
        check(Change::Shorten, false);
        assert_eq!([changes.max_tokens(4000), changes.max_tokens(5), changes.max_tokens(0)], [2048, 5, 1]);
    }

    #[test]
    fn some_models_are_known_to_take_calls_alone() {
        let check =
            |model, expected| assert_eq!(Changes::known(model).no_text_beside_calls, expected, "{model}");
        check("us.meta.llama3-3-70b-instruct-v1:0", true);
        check("mistral.mistral-large-2407-v1:0", true);
        check("us.anthropic.claude-sonnet-4-5-20250929-v1:0", false);
    }

    #[test]
    fn the_request_changes_and_the_history_does_not() {
        let call = ToolUseBlock::builder().tool_use_id("a").name("x").input(aws_smithy_types::Document::Null);
        let result = ToolResultBlock::builder()
            .tool_use_id("a")
            .content(ToolResultContentBlock::Text("no".into()))
            .status(ToolResultStatus::Error);
        let message =
            |role, content| Message::builder().role(role).set_content(Some(content)).build().unwrap();
        let asked = message(
            ConversationRole::Assistant,
            vec![ContentBlock::Text("Let me look.".into()), ContentBlock::ToolUse(call.build().unwrap())],
        );
        let answered =
            message(ConversationRole::User, vec![ContentBlock::ToolResult(result.build().unwrap())]);
        let history = [asked, answered];
        let mut changes = Changes::default();
        assert_eq!(changes.messages(&history), history);
        changes.make(Change::NoTextBesideCalls);
        changes.make(Change::NoToolStatus);
        let changed = changes.messages(&history);
        assert_eq!(json_of(&changed[0])["content"].as_array().unwrap().len(), 1);
        assert_eq!(json_of(&changed[1])["content"][0]["toolResult"]["status"], json!(null));
    }
}
