//! A reply made from the request itself, for servers without a script and agents that we have never seen.
//!
//! One rule satisfies most clients: no tools offered, or the last message holds a tool result: a short text.
//! Tools offered: one call of the forced tool, else of the first, with arguments that fit its own schema.

use crate::compile::{Setting, compile, failure_plan};
use crate::file::Reply;
use crate::pace::Speed;
use crate::plan::Plan;
use crate::seed::Seed;
use faultline_wire::message::{list, tool_specs};
use faultline_wire::{Call, Family};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How deep generated arguments nest at most.
const DEEPEST: usize = 6;

/// The improvised answer to `call`.
pub fn improvise(call: &Call, seed: &Seed, speed: Speed) -> Arc<Plan> {
    let reply = Reply { message: Some(vec![block(call, &mut seed.of("block"))]), ..Reply::default() };
    let setting = Setting {
        operation: call.operation,
        family: Family::of(&call.model_id),
        pace: None,
        speed,
        seed,
        prompt_chars: call.body.to_string().len(),
    };
    Arc::new(compile(&reply, &setting).unwrap_or_else(|error| failure_plan(&error)))
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
    let prompt: String = crate::matcher::last_text(call).chars().take(60).collect();
    format!("This is an improvised reply to: {prompt}")
}

fn tool_use(spec: &Map<String, Value>, seed: &mut Seed) -> Value {
    let schema = spec.get("inputSchema").and_then(|schema| schema.get("json")).unwrap_or(&Value::Null);
    let id = format!("tooluse_{}", seed.token(22));
    let input = Generator { root: schema, seed }.value(schema, 0);
    let input = if input.is_object() { input } else { json!({}) };
    json!({ "toolUse": { "toolUseId": id, "name": spec.get("name"), "input": input } })
}

/// Makes a value that fits a JSON schema.
struct Generator<'a> {
    root: &'a Value,
    seed: &'a mut Seed,
}

impl<'a> Generator<'a> {
    fn value(&mut self, schema: &'a Value, depth: usize) -> Value {
        if let Some(given) = given(schema) {
            return given.clone();
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).filter(|_| depth < DEEPEST) {
            let target = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(Value::Null, |target| self.value(target, depth + 1));
        }
        if let Some(branch) =
            ["anyOf", "oneOf", "allOf"].iter().find_map(|key| list(schema.get(*key)).first())
        {
            return self.value(branch, depth + 1);
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "integer" => json!(bounded(schema, self.seed.between(1, 9) as i64)),
            "number" => number(schema, self.seed),
            "boolean" => json!(self.seed.below(2) == 1),
            "null" => Value::Null,
            _ => json!(string(schema, self.seed)),
        }
    }

    /// The required members; all of them where none is said to be required.
    fn object(&mut self, schema: &'a Value, depth: usize) -> Value {
        let mut members = Map::new();
        let required: Vec<&str> = list(schema.get("required")).iter().filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, inner) in properties.into_iter().flatten().filter(|_| depth < DEEPEST) {
            if required.is_empty() || required.contains(&name.as_str()) {
                let value = self.value(inner, depth + 1);
                members.insert(name.clone(), value);
            }
        }
        Value::Object(members)
    }

    fn array(&mut self, schema: &'a Value, depth: usize) -> Value {
        let least =
            schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(u64::from(depth < DEEPEST), 64);
        let Some(inner) = schema.get("items") else { return json!([]) };
        (0..least).map(|_| self.value(inner, depth + 1)).collect()
    }
}

/// A value that the schema itself names.
fn given(schema: &Value) -> Option<&Value> {
    let first = |key: &str| list(schema.get(key)).first();
    schema
        .get("const")
        .or_else(|| first("enum"))
        .or_else(|| schema.get("default"))
        .or_else(|| first("examples"))
}

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "string",
    }
}

fn bounded(schema: &Value, drawn: i64) -> i64 {
    let low = schema.get("minimum").and_then(Value::as_i64);
    let high = schema.get("maximum").and_then(Value::as_i64);
    drawn.max(low.unwrap_or(i64::MIN)).min(high.unwrap_or(i64::MAX))
}

fn number(schema: &Value, seed: &mut Seed) -> Value {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let drawn = f64::from(u8::try_from(seed.between(1, 9)).unwrap_or(1)) + 0.5;
    json!(drawn.max(limit("minimum").unwrap_or(f64::MIN)).min(limit("maximum").unwrap_or(f64::MAX)))
}

/// Texts that fit the formats that agents ask for most.
fn string(schema: &Value, seed: &mut Seed) -> String {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-15",
        Some("date-time") => "2026-01-15T12:00:00Z",
        Some("time") => "12:00:00Z",
        Some("email") => "someone@example.com",
        Some("uri" | "url") => "https://example.com/",
        Some("uuid") => "123e4567-e89b-12d3-a456-426614174000",
        _ => ["alpha", "beta", "gamma", "delta"][seed.below(4)],
    };
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let (least, most) = (limit("minLength").unwrap_or(0).min(4096), limit("maxLength").unwrap_or(usize::MAX));
    text.chars().cycle().take(text.len().max(least).min(most)).collect()
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
}
