//! Improvised arguments fit the schema of the tool that they are for: whatever the schema, judged by a checker of its
//! own.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use faultline_scenarios::Speed;
use faultline_scenarios::improvise::improvise;
use faultline_scenarios::seed::Seed;
use faultline_wire::{Call, Operation};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The arguments that a request with this one tool is answered with.
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

/// Whether `value` fits `schema`, for the keywords that the schemas here use.
fn fits(schema: &Value, value: &Value) -> bool {
    let keywords = schema.as_object().unwrap();
    keywords.iter().all(|(keyword, rule)| match keyword.as_str() {
        "type" => is_a(rule.as_str().unwrap(), value),
        "enum" => rule.as_array().unwrap().contains(value),
        "minimum" => value.as_f64() >= rule.as_f64(),
        "maximum" => value.as_f64() <= rule.as_f64(),
        "exclusiveMinimum" => value.as_f64() > rule.as_f64(),
        "exclusiveMaximum" => value.as_f64() < rule.as_f64(),
        "multipleOf" => value.as_i64().unwrap() % rule.as_i64().unwrap() == 0,
        "minLength" => value.as_str().unwrap().chars().count() as u64 >= rule.as_u64().unwrap(),
        "maxLength" => value.as_str().unwrap().chars().count() as u64 <= rule.as_u64().unwrap(),
        "minItems" => value.as_array().unwrap().len() as u64 >= rule.as_u64().unwrap(),
        "maxItems" => value.as_array().unwrap().len() as u64 <= rule.as_u64().unwrap(),
        "uniqueItems" => {
            let items = value.as_array().unwrap();
            items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
        }
        "items" => value.as_array().unwrap().iter().all(|item| fits(rule, item)),
        "required" => rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
        "properties" => {
            members(rule).all(|(name, inner)| value.get(name).is_none_or(|there| fits(inner, there)))
        }
        "allOf" => rule.as_array().unwrap().iter().all(|part| fits(part, value)),
        other => unreachable!("no schema here says {other}"),
    })
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().unwrap().iter()
}

/// Whole numbers with bounds of either kind, and perhaps a step that fits between them.
fn integer() -> impl Strategy<Value = Value> {
    (-1000_i64..1000, 2_i64..40, any::<[bool; 3]>()).prop_map(|(low, span, [open, shut, stepped])| {
        let high = low + span + 1;
        let mut schema = json!({"type": "integer"});
        schema[if open { "exclusiveMinimum" } else { "minimum" }] = json!(low);
        schema[if shut { "exclusiveMaximum" } else { "maximum" }] = json!(high);
        if stepped {
            schema["multipleOf"] = json!(span / 2);
        }
        schema
    })
}

fn number() -> impl Strategy<Value = Value> {
    (-100.0..100.0, 0.001..50.0, any::<[bool; 2]>()).prop_map(|(low, span, [open, shut]): (f64, f64, _)| {
        let low_key = if open { "exclusiveMinimum" } else { "minimum" };
        let high_key = if shut { "exclusiveMaximum" } else { "maximum" };
        json!({"type": "number", low_key: low, high_key: low + span})
    })
}

fn scalar() -> impl Strategy<Value = Value> {
    let text = (0_u64..30, 0_u64..30)
        .prop_map(|(least, more)| json!({"type": "string", "minLength": least, "maxLength": least + more}));
    let named = prop::collection::vec("[a-z]{0,6}", 1..4).prop_map(|names| json!({"enum": names}));
    prop_oneof![integer(), number(), text, named, Just(json!({"type": "boolean"}))]
}

fn array(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (inner, 0_u64..3, 0_u64..3).prop_map(|(items, least, more)| {
        json!({"type": "array", "items": items, "minItems": least, "maxItems": least + more})
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let members = prop::collection::btree_map("[a-e]", (inner, any::<bool>()), 0..4);
    (members, any::<bool>()).prop_map(|(members, apart)| {
        let required: Vec<&String> =
            members.iter().filter(|(_, (_, must))| *must).map(|(name, _)| name).collect();
        let required = json!(required);
        let properties: Map<String, Value> =
            members.iter().map(|(name, (schema, _))| (name.clone(), schema.clone())).collect();
        match apart {
            true => json!({"type": "object", "properties": properties, "allOf": [{"required": required}]}),
            false => json!({"type": "object", "properties": properties, "required": required}),
        }
    })
}

/// Lists of scalars that must differ, where there are enough that do.
fn set() -> impl Strategy<Value = Value> {
    let bounded = (-50_i64..50, 6_i64..20)
        .prop_map(|(low, span)| json!({"type": "integer", "minimum": low, "maximum": low + span}));
    let named = Just(json!({"enum": ["a", "b", "c", "d", "e", "f"]}));
    let text = (1_u64..9).prop_map(|most| json!({"type": "string", "maxLength": most}));
    (prop_oneof![bounded, named, text], 0_u64..6).prop_map(
        |(items, least)| json!({"type": "array", "items": items, "minItems": least, "uniqueItems": true}),
    )
}

fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 1 => set()];
    leaf.prop_recursive(3, 24, 4, |inner| prop_oneof![array(inner.clone()), object(inner)])
}

proptest! {
    #[test]
    fn whatever_the_schema_the_arguments_fit(schema in object(any_schema()), seed: u64) {
        let made = arguments(&schema, seed);
        prop_assert!(fits(&schema, &made), "{} for {}", made, schema);
    }

    #[test]
    fn whatever_the_two_parts_of_an_all_of_the_arguments_fit_both(
        low in -50_i64..50, span in 0_i64..5, first in object(scalar()), seed: u64
    ) {
        let bounds = json!({"properties": {"n": {"maximum": low + span}}, "required": ["n"]});
        let typed = json!({"properties": {"n": {"type": "integer", "minimum": low}}});
        let schema = json!({"type": "object", "allOf": [first, bounds, typed]});
        let made = arguments(&schema, seed);
        prop_assert!(fits(&schema, &made) && made["n"].is_i64(), "{} for {}", made, schema);
    }
}
