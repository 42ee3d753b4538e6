//! What a checkpoint says of a prompt that is not answered yet: its turns so far, and the calls that have no result. Pure.

use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
use serde_json::Value;

use crate::bedrock_json::document_to_json;
use crate::history::Call;

/// The messages behind the prompt: what the model said for it, and the results of its calls.
pub(crate) fn behind_the_prompt(messages: &[Message]) -> &[Message] {
    let is_prompt = |message: &Message| {
        message.role == ConversationRole::User && !message.content.iter().any(ContentBlock::is_tool_result)
    };
    let at = messages.iter().rposition(is_prompt).map_or(0, |at| at + 1);
    &messages[at..]
}

/// How many messages of the model answer the prompt so far.
pub(crate) fn turns(messages: &[Message]) -> u32 {
    let turns =
        behind_the_prompt(messages).iter().filter(|message| message.role == ConversationRole::Assistant);
    u32::try_from(turns.count()).unwrap_or(u32::MAX)
}

/// The calls of the last message, where it is the model's: nobody has answered them.
pub(crate) fn calls(messages: &[Message]) -> Vec<Call> {
    let last = messages.last().filter(|last| last.role == ConversationRole::Assistant);
    let blocks = last.map(|last| last.content.as_slice()).unwrap_or_default();
    blocks.iter().filter_map(call).collect()
}

fn call(block: &ContentBlock) -> Option<Call> {
    let ContentBlock::ToolUse(call) = block else { return None };
    // What could not be read was written down as an object without members.
    let Value::Object(input) = document_to_json(&call.input) else { return None };
    Some(Call { id: call.tool_use_id.clone(), name: call.name.clone(), input: Ok(input) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::history;

    #[test]
    fn what_is_unfinished_is_behind_the_last_prompt() {
        let check = |letters: &str, expected: u32, open: usize| {
            let messages = history(letters);
            assert_eq!((turns(&messages), calls(&messages).len()), (expected, open), "{letters}");
        };
        check("p", 0, 0);
        check("pc", 1, 1);
        check("pcr", 1, 0);
        check("papcrc", 2, 1);
        check("pcrapcr", 1, 0);
        check("", 0, 0);
    }
}
