//! Improvised arguments of realistic tools: what widely used tools and generators of schemas declare, judged by a JSON
//! Schema validator that is not ours.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use faultline_scenarios::Speed;
use faultline_scenarios::improvise::improvise;
use faultline_scenarios::seed::Seed;
use faultline_wire::{Call, Operation};
use serde_json::{Value, json};

/// Schemas in the shapes that these sources emit, by a name for the failure.
fn schemas() -> Value {
    serde_json::from_str(include_str!("tool_schemas.json")).unwrap()
}

fn arguments(schema: &Value, seed: u64) -> Value {
    let tool = json!({"toolSpec": {"name": "t", "inputSchema": {"json": schema}}});
    let user = json!({"role": "user", "content": [{"text": "go"}]});
    let call = Call {
        operation: Operation::Converse,
        model_id: "amazon.nova-pro-v1:0".into(),
        base: String::new(),
        headers: Vec::new(),
        body: json!({"messages": [user], "toolConfig": {"tools": [tool]}}),
    };
    let body = improvise(&call, &Seed::new(seed), Speed::Max).body();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    answer["output"]["message"]["content"][0]["toolUse"]["input"].clone()
}

#[test]
fn the_arguments_of_realistic_tools_are_valid() {
    for (name, schema) in schemas().as_object().unwrap() {
        let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
        for seed in 0..20 {
            let made = arguments(schema, seed);
            let wrong: Vec<String> = validator.iter_errors(&made).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{name}, seed {seed}: {made}: {wrong:?}");
        }
    }
}

/// The texts of a value, members' names aside.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_made_up_text_is_short_and_names_nothing_that_exists() {
    for (name, schema) in schemas().as_object().unwrap() {
        let made = arguments(schema, 3);
        for text in texts(&made) {
            assert!(text.len() <= 40 && !std::path::Path::new(text).exists(), "{name}: {text}");
            assert!(
                !text.contains("://") || text.starts_with("https://faultline.invalid/"),
                "{name}: {text}"
            );
        }
    }
    let harmless = arguments(&schemas()["texts that would do harm"], 3);
    assert!(texts(&harmless).iter().all(|text| text.starts_with("faultline-")), "{harmless}");
}
