//! The events that a history stands for: who reads a task that was taken up again sees what was done before as well. Pure.

use aws_sdk_bedrockruntime::types::Message;
use serde_json::Value;

use crate::bedrock_json::message;
use crate::unfinished::behind_the_prompt;
use crate::wire_event::WireEvent;

/// What the model said for the prompt so far, which tools it asked for and which have answered.
pub(super) fn events(messages: &[Message]) -> Vec<WireEvent> {
    let mut turn = 0;
    let mut names: Vec<(String, String)> = Vec::new();
    let mut events = Vec::new();
    for message in behind_the_prompt(messages).iter().map(message) {
        turn += u32::from(message["role"] == "assistant");
        for block in message["content"].as_array().into_iter().flatten() {
            events.extend(event(turn, block, &mut names));
        }
    }
    events
}

fn event(turn: u32, block: &Value, names: &mut Vec<(String, String)>) -> Option<WireEvent> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(said) = block["text"].as_str() {
        return Some(WireEvent::TextDelta { turn, text: said.to_owned() });
    }
    if let Some(call) = block.get("toolUse") {
        let (tool_use_id, name) = (text(&call["toolUseId"]), text(&call["name"]));
        names.push((tool_use_id.clone(), name.clone()));
        return Some(WireEvent::ToolCall { tool_use_id, name, input: call["input"].clone() });
    }
    let result = block.get("toolResult")?;
    let tool_use_id = text(&result["toolUseId"]);
    let name = names.iter().rev().find(|(id, _)| *id == tool_use_id).map(|(_, name)| name.clone());
    let ok = result["status"] != "error";
    Some(WireEvent::ToolResult { tool_use_id, name: name.unwrap_or_default(), ok })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::history;

    #[test]
    fn a_history_is_told_from_its_last_prompt_on() {
        let check = |letters: &str, expected: &[&str]| {
            let events = events(&history(letters));
            let names: Vec<&str> = events.iter().map(WireEvent::name).collect();
            assert_eq!(names, expected, "{letters}");
        };
        check("p", &[]);
        check("papc", &["tool_call"]);
        check("pcrcr", &["tool_call", "tool_result", "tool_call", "tool_result"]);
        let events = events(&history("pcr"));
        assert_eq!(
            events[1],
            WireEvent::ToolResult { tool_use_id: "id1".into(), name: "look".into(), ok: true }
        );
    }
}
