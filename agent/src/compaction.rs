//! A summary in the place of what came before the newest prompt. Pure: what to ask for, and what to make of the answer.
//!
//! What is summed up goes to the model as one text, not as messages: so it needs no tools, it cannot part a call from its
//! result, and its length is bounded, so that the summary does not overflow in turn.

use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message, ToolResultContentBlock};

use crate::bedrock_json::document_to_json;
use crate::trim::{at_newest_prompt, cut_middle};

/// The longest text that is summed up, in characters: some 25 000 tokens.
const LONGEST: usize = 100_000;

/// The longest tool result in it, in characters.
const LONGEST_RESULT: usize = 2_000;

const TASK: &str = "Sum up the following conversation between a user and an assistant with tools, so that the assistant \
can go on with the summary alone. Keep names, numbers, ids, decisions, results of tools and what is still to be done. \
Answer with the summary and nothing else.";

const HEADING: &str = "Summary of the conversation so far:";

const ACKNOWLEDGED: &str = "I have read the summary and go on from there.";

/// What to send to the model, and what stays; `None` where nothing came before the newest prompt.
pub(crate) fn task(messages: &[Message]) -> Option<Vec<Message>> {
    let (old, _) = at_newest_prompt(messages)?;
    let text = cut_middle(&transcript(old), LONGEST);
    let task = message(ConversationRole::User, format!("{TASK}\n\n<conversation>\n{text}\n</conversation>"))?;
    Some(vec![task])
}

/// The history with the summary in the place of what it sums up.
pub(crate) fn with_summary(messages: &[Message], summary: &str) -> Option<Vec<Message>> {
    let (_, new) = at_newest_prompt(messages)?;
    let summary = summary.trim();
    let said = (!summary.is_empty()).then(|| format!("{HEADING}\n{summary}"))?;
    let mut shorter = vec![
        message(ConversationRole::User, said)?,
        message(ConversationRole::Assistant, ACKNOWLEDGED.to_owned())?,
    ];
    shorter.extend_from_slice(new);
    Some(shorter)
}

fn message(role: ConversationRole, text: String) -> Option<Message> {
    Message::builder().role(role).content(ContentBlock::Text(text)).build().ok()
}

fn transcript(messages: &[Message]) -> String {
    let lines = messages.iter().flat_map(|message| {
        message.content.iter().filter_map(move |block| line(message.role.as_str(), block))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn line(role: &str, block: &ContentBlock) -> Option<String> {
    match block {
        ContentBlock::Text(text) => Some(format!("{role}: {text}")),
        ContentBlock::ToolUse(call) => {
            Some(format!("{role} calls {} with {}", call.name, document_to_json(&call.input)))
        }
        ContentBlock::ToolResult(result) => {
            let parts: Vec<String> = result.content.iter().filter_map(result_text).collect();
            Some(format!("result: {}", cut_middle(&parts.join("\n"), LONGEST_RESULT)))
        }
        _ => None,
    }
}

fn result_text(part: &ToolResultContentBlock) -> Option<String> {
    match part {
        ToolResultContentBlock::Text(text) => Some(text.clone()),
        ToolResultContentBlock::Json(document) => Some(document_to_json(document).to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{history, letters};

    #[test]
    fn what_came_before_the_newest_prompt_is_told_as_one_text() {
        let task = task(&history("pcrap")).unwrap();
        let text = task[0].content[0].as_text().unwrap();
        for line in [
            "user: prompt 0",
            "assistant calls look with {}",
            "result: result of the call 1",
            "assistant: answer 3",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(!text.contains("prompt 4") && task.len() == 1);
        assert!(super::task(&history("pcr")).is_none());
    }

    #[test]
    fn the_summary_stands_before_the_newest_prompt() {
        let shorter = with_summary(&history("pcrapcr"), " All is well. ").unwrap();
        assert_eq!(letters(&shorter), "papcr");
        assert_eq!(
            shorter[0].content[0].as_text().unwrap(),
            "Summary of the conversation so far:\nAll is well."
        );
        assert!(with_summary(&history("pap"), " \n").is_none());
    }
}
