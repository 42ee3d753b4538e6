//! What a request asks, whatever the operation: the last words of the user, the tool results that it brings, and how many
//! turns the conversation has. Converse has one form for it, the bodies of InvokeModel one for each family.
//!
//! Sources: AWS, "Inference request parameters and response fields for foundation models"; recorded requests.

use crate::call::Call;
use crate::message::{list, text_member};
use serde_json::Value;

/// Members that hold the prompt where there are no messages: Titan, Llama and Mistral, Cohere.
const PROMPTS: [&str; 3] = ["inputText", "prompt", "message"];

/// The text of the last user message that has any; for bodies without messages the prompt.
pub fn last_text(call: &Call) -> String {
    let messages = list(call.body.get("messages"));
    let of_user = messages.iter().rev().filter(|message| text_member(message, "role") == "user");
    let said = of_user.map(text).find(|text| !text.is_empty());
    said.unwrap_or_else(|| prompt(&call.body).to_owned())
}

/// The text of the first user message; for bodies without messages the prompt.
pub fn first_text(call: &Call) -> String {
    list(call.body.get("messages")).first().map_or_else(|| prompt(&call.body).to_owned(), text)
}

/// The ids of the tool results that the last message brings, in their order.
pub fn result_ids(call: &Call) -> Vec<String> {
    let Some(last) = list(call.body.get("messages")).last() else { return Vec::new() };
    let own = last.get("tool_call_id").and_then(Value::as_str);
    let blocks = list(last.get("content")).iter().filter_map(|block| {
        let converse = block.pointer("/toolResult/toolUseId");
        converse.or_else(|| block.get("tool_use_id")).and_then(Value::as_str)
    });
    own.into_iter().chain(blocks).map(str::to_owned).collect()
}

/// All text of a message, blocks joined by a newline.
fn text(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        content => {
            let texts = list(content).iter().map(|block| text_member(block, "text"));
            texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
        }
    }
}

fn prompt(body: &Value) -> &str {
    PROMPTS.iter().find_map(|name| body.get(name)?.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use serde_json::json;

    fn call(body: Value) -> Call {
        let operation = Operation::InvokeModel;
        Call { operation, model_id: "m".into(), base: String::new(), headers: Vec::new(), body }
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    fn check(body: Value, first: &str, last: &str, results: &[&str]) {
        let call = call(body.clone());
        assert_eq!((first_text(&call).as_str(), last_text(&call).as_str()), (first, last), "{body}");
        assert_eq!(result_ids(&call), results, "{body}");
    }

    #[test]
    fn every_familys_form_is_read() {
        let converse = json!({"messages": [
            {"role": "user", "content": [{"text": "a"}, {"image": {}}, {"text": "b"}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t"}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": []}}]}
        ]});
        check(converse, "a\nb", "a\nb", &["t"]);
        let anthropic = json!({"messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}, {"type": "text", "text": "b"}]}
        ]});
        check(anthropic, "a", "b", &["t"]);
        let mistral = json!({"messages": [
            {"role": "user", "content": "a"}, {"role": "tool", "tool_call_id": "t", "content": "1"}
        ]});
        check(mistral, "a", "a", &["t"]);
        check(json!({"inputText": "a"}), "a", "a", &[]);
        check(json!({"prompt": "a"}), "a", "a", &[]);
        check(json!({"message": "a", "chat_history": []}), "a", "a", &[]);
        check(Value::Null, "", "", &[]);
    }
}
