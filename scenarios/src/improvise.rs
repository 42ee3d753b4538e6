//! A reply made from the request itself, for servers without a script and agents that we have never seen.
//!
//! One rule satisfies most clients: no tools offered, or the last message holds a tool result: a short text.
//! Tools offered: one call of the forced tool, else of the first, with arguments that fit its own schema (what of a
//! schema is honoured stands in `arguments`).

use crate::arguments::arguments;
use crate::compile::{Setting, compile, failure_plan};
use crate::file::Reply;
use crate::matcher::{first_text, last_text};
use crate::pace::Speed;
use crate::plan::Plan;
use crate::seed::Seed;
use faultline_wire::message::tool_specs;
use faultline_wire::{Call, Family};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The improvised answer to `call`.
pub fn improvise(call: &Call, seed: &Seed, speed: Speed) -> Arc<Plan> {
    played(&reply(call, seed), call, seed, speed)
}

/// The improvised answer as a reply.
pub(crate) fn reply(call: &Call, seed: &Seed) -> Reply {
    Reply { message: Some(vec![block(call, &mut seed.of("block"))]), ..Reply::default() }
}

/// A short text that ends a conversation, whatever was asked.
pub(crate) fn closing() -> Reply {
    let text = json!("This is all that the script of this conversation has to say.");
    Reply { message: Some(vec![Map::from_iter([("text".to_owned(), text)])]), ..Reply::default() }
}

/// A reply that belongs to no scenario, as the plan that answers `call`.
pub(crate) fn played(reply: &Reply, call: &Call, seed: &Seed, speed: Speed) -> Arc<Plan> {
    let setting = Setting {
        operation: call.operation,
        family: Family::of(&call.model_id),
        pace: None,
        speed,
        seed,
        prompt_chars: first_text(call).chars().count(),
    };
    Arc::new(compile(reply, &setting).unwrap_or_else(|error| failure_plan(&error)))
}

fn block(call: &Call, seed: &mut Seed) -> Map<String, Value> {
    let answered = call.messages().last().is_some_and(|last| !last.tool_result_ids().is_empty());
    let block = match tool(call).filter(|_| !answered) {
        Some(tool) => tool_use(tool, seed),
        None => json!({ "text": text(call, answered) }),
    };
    block.as_object().cloned().unwrap_or_default()
}

/// The forced tool, else the first.
fn tool(call: &Call) -> Option<&Map<String, Value>> {
    let specs = tool_specs(&call.body);
    let forced = call.body.pointer("/toolConfig/toolChoice/tool/name");
    let named = specs.iter().find(|spec| forced.is_some() && spec.get("name") == forced);
    named.or_else(|| specs.first()).copied()
}

fn text(call: &Call, answered: bool) -> String {
    if answered {
        return "The tool has answered; that is all I need.".to_owned();
    }
    let prompt: String = last_text(call).chars().take(60).collect();
    format!("This is an improvised reply to: {prompt}")
}

fn tool_use(spec: &Map<String, Value>, seed: &mut Seed) -> Value {
    let schema = spec.get("inputSchema").and_then(|schema| schema.get("json")).unwrap_or(&Value::Null);
    let id = format!("tooluse_{}", seed.token(22));
    let input = arguments(schema, seed);
    json!({ "toolUse": { "toolUseId": id, "name": spec.get("name"), "input": input } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_wire::Operation;

    fn call(body: Value) -> Call {
        Call {
            operation: Operation::Converse,
            model_id: "amazon.nova-pro-v1:0".into(),
            base: String::new(),
            headers: Vec::new(),
            body,
        }
    }

    fn answer(body: Value) -> Value {
        let plan = improvise(&call(body), &Seed::new(5), Speed::Max);
        serde_json::from_slice(&plan.body()).unwrap()
    }

    fn tools() -> Value {
        let schema = json!({"type": "object", "required": ["city", "days", "unit", "where"], "properties": {
            "city": {"type": "string", "minLength": 2}, "days": {"type": "integer", "minimum": 3, "maximum": 3},
            "unit": {"enum": ["celsius", "kelvin"]}, "where": {"$ref": "#/$defs/point"}, "optional": {"type": "string"}
        }, "$defs": {"point": {"type": "object", "properties": {"x": {"type": "number"}}}}});
        json!([{"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "object"}}}}, {"toolSpec": {"name": "b", "inputSchema": {"json": schema}}}])
    }

    #[test]
    fn the_forced_tool_is_called_with_arguments_that_fit() {
        let user = json!([{"role": "user", "content": [{"text": "go"}]}]);
        let body = answer(
            json!({"messages": user, "toolConfig": {"tools": tools(), "toolChoice": {"tool": {"name": "b"}}}}),
        );
        let input = &body["output"]["message"]["content"][0]["toolUse"]["input"];
        assert_eq!((input["days"].as_i64(), input["unit"].as_str()), (Some(3), Some("celsius")));
        assert!(input["city"].as_str().unwrap().len() >= 2 && input["where"]["x"].is_number());
        assert_eq!(input.get("optional"), None);
        assert_eq!(body["stopReason"], "tool_use");
    }

    #[test]
    fn the_first_tool_is_called_when_none_is_forced() {
        let body = answer(
            json!({"messages": [{"role": "user", "content": [{"text": "go"}]}], "toolConfig": {"tools": tools()}}),
        );
        assert_eq!(body["output"]["message"]["content"][0]["toolUse"]["name"], "a");
    }

    #[test]
    fn results_and_toolless_requests_get_a_text() {
        let result =
            json!([{"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": []}}]}]);
        for body in [
            json!({"messages": result, "toolConfig": {"tools": tools()}}),
            json!({"messages": [{"role": "user", "content": [{"text": "go"}]}]}),
        ] {
            let body = answer(body);
            assert!(body["output"]["message"]["content"][0]["text"].is_string());
            assert_eq!(body["stopReason"], "end_turn");
        }
    }

    #[test]
    fn usage_is_estimated_from_the_characters_of_the_prompt_alone() {
        let user = json!([{"role": "user", "content": [{"text": "é".repeat(40)}]}]);
        let bare = answer(json!({ "messages": user }));
        let more = answer(json!({"messages": user, "toolConfig": {"tools": tools()}}));
        assert_eq!((&bare["usage"]["inputTokens"], &more["usage"]["inputTokens"]), (&json!(18), &json!(18)));
    }
}
