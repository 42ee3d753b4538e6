//! Bedrock's own rules for a request's history, as far as an agent can break them. Every scripted request is checked,
//! so a test that leaves an invalid history fails by a ValidationException. Texts as Bedrock words them.

use std::collections::HashSet;

use serde_json::Value;

pub(crate) fn validate(request: &Value) -> Result<(), String> {
    let max_tokens = request["inferenceConfig"]["maxTokens"].as_i64().unwrap_or(0);
    if max_tokens < 1 {
        return Err("test: maxTokens is always sent".to_owned());
    }
    let messages = request["messages"].as_array().ok_or("messages missing")?;
    let mut asked: Vec<String> = Vec::new();
    let mut has_tool_blocks = false;
    for (at, message) in messages.iter().enumerate() {
        let expected_role = if at % 2 == 0 { "user" } else { "assistant" };
        if message["role"] != expected_role {
            return Err("A conversation must alternate between user and assistant roles.".to_owned());
        }
        let content = message["content"].as_array().filter(|content| !content.is_empty());
        let content = content.ok_or_else(|| format!("messages.{at}.content is empty"))?;
        let mut uses = Vec::new();
        let mut results = Vec::new();
        for (n, block) in content.iter().enumerate() {
            check_block(block, &format!("messages.{at}.content.{n}"))?;
            uses.extend(block["toolUse"]["toolUseId"].as_str().map(str::to_owned));
            results.extend(block["toolResult"]["toolUseId"].as_str().map(str::to_owned));
        }
        has_tool_blocks |= !uses.is_empty() || !results.is_empty();
        if uses.iter().collect::<HashSet<_>>().len() != uses.len() {
            return Err(format!("The toolUse blocks at messages.{at}.content contain duplicate Ids"));
        }
        if results != asked {
            return Err(format!(
                "Expected toolResult blocks at messages.{at}.content for the following Ids: {asked:?}"
            ));
        }
        asked = uses;
    }
    if messages.len() % 2 == 0 {
        return Err("The conversation must end with a user message.".to_owned());
    }
    if has_tool_blocks && request["toolConfig"].is_null() {
        return Err("The toolConfig field must be defined when using toolUse and toolResult content blocks."
            .to_owned());
    }
    Ok(())
}

fn check_block(block: &Value, path: &str) -> Result<(), String> {
    if block["text"].as_str().is_some_and(|text| text.trim().is_empty()) {
        return Err(format!("The text field in the ContentBlock object at {path} is blank."));
    }
    if let Some(tool) = block.get("toolUse") {
        let legal = |key: &str, also: &str| {
            let text = tool[key].as_str().unwrap_or_default();
            (1..=64).contains(&text.len())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        if !legal("name", "_-") || !legal("toolUseId", "_.:-") {
            return Err(format!("{path}.toolUse failed to satisfy constraint"));
        }
        if !tool["input"].is_object() {
            return Err(format!("The format of the value at {path}.toolUse.input is invalid."));
        }
    }
    if let Some(result) = block.get("toolResult") {
        for part in result["content"].as_array().ok_or("toolResult without content")? {
            if part.get("json").is_some_and(|json| !json.is_object()) {
                return Err(format!(
                    "The format of the value at {path}.toolResult.content.0.json is invalid."
                ));
            }
            if part["text"].as_str().is_some_and(|text| text.trim().is_empty()) {
                return Err(format!("The text field at {path}.toolResult is blank."));
            }
        }
        if result["status"] == "error" && result["content"].as_array().is_none_or(Vec::is_empty) {
            return Err(format!(
                "The content field at {path}.toolResult cannot be empty when status value is error."
            ));
        }
    }
    Ok(())
}
