//! Arguments for a tool, made from its input schema alone.
//!
//! Honoured: `type`, `const`, `enum`, `default`, `examples`, `$ref` within the schema, `allOf`, the first branch of
//! `anyOf` and `oneOf`; `properties`, `required`, `additionalProperties` as a schema; `items`, `prefixItems`, `minItems`,
//! `maxItems`, `uniqueItems`; bounds and `multipleOf`; lengths, and the formats date, date-time, time, email, uri and
//! uuid. Not attempted: `pattern`, other formats, `not`, `if`/`then`/`else`, that no second branch of a `oneOf` fits,
//! `contains`, `minProperties`, `patternProperties`, `dependentRequired`, references to other documents.

use crate::scalar;
use crate::schema_parts::Parts;
use crate::seed::Seed;
use serde_json::{Map, Value, json};

/// How deep arguments nest at most. Objects and lists below are empty.
const DEEPEST: usize = 6;

/// How many values arguments hold before only what is required is made; at twice as many nothing more is.
const NODES: usize = 2_000;

/// How many equal items in a row end a list whose items must differ: the schema has no other.
const EQUAL_ITEMS: usize = 16;

/// An object that fits `schema`, as far as the module says; empty where the schema wants no object.
pub(crate) fn arguments(schema: &Value, seed: &mut Seed) -> Value {
    let made = Generator { root: schema, seed, made: 0 }.value(vec![schema], 0, 0);
    if made.is_object() { made } else { json!({}) }
}

struct Generator<'a, 's> {
    root: &'a Value,
    seed: &'s mut Seed,
    /// How many values there are, long texts counted as several.
    made: usize,
}

impl<'a> Generator<'a, '_> {
    /// A value that fits all of `schemas`: the `nth` where several must differ.
    fn value(&mut self, schemas: Vec<&'a Value>, depth: usize, nth: usize) -> Value {
        let depth = if self.made < NODES { depth } else { depth.max(DEEPEST) };
        let parts = Parts::of(schemas, self.root, depth >= DEEPEST);
        let value = match parts.given(nth) {
            Some(given) => given.clone(),
            None => match parts.kind() {
                "object" => return self.object(&parts, depth, nth),
                "array" => return self.array(&parts, depth, nth),
                "integer" => scalar::number(&parts, true, self.seed, nth),
                "number" => scalar::number(&parts, false, self.seed, nth),
                "boolean" => json!((self.seed.below(2) + nth) % 2 == 1),
                "null" => Value::Null,
                _ => json!(scalar::text(&parts, self.seed, nth)),
            },
        };
        self.made += weight(&value);
        value
    }

    /// The required members; all of them where none is said to be required and there is room.
    fn object(&mut self, parts: &Parts<'a>, depth: usize, nth: usize) -> Value {
        self.made += 1;
        let (mut names, required) = (parts.described(), parts.required());
        if depth >= DEEPEST || !required.is_empty() {
            names.retain(|name| required.contains(name));
        }
        names.extend(required);
        let mut members = Map::new();
        for name in names {
            if !self.has_room(depth) {
                break;
            }
            if !members.contains_key(name) {
                members.insert(name.to_owned(), self.value(parts.member(name), depth + 1, nth));
            }
        }
        Value::Object(members)
    }

    /// As many items as must be; one where none must and there is room.
    fn array(&mut self, parts: &Parts<'a>, depth: usize, nth: usize) -> Value {
        self.made += 1;
        let usual = u64::from(depth < DEEPEST && !parts.item(0).is_empty());
        let wanted = parts.most("minItems").unwrap_or(usual).max(usual);
        let wanted = wanted.min(parts.least("maxItems").unwrap_or(u64::MAX));
        let unique = parts.all("uniqueItems").any(|unique| *unique == Value::Bool(true));
        let (start, mut equal, mut turn) = (self.seed.clone(), 0, nth);
        let mut items: Vec<Value> = Vec::new();
        while (items.len() as u64) < wanted && equal < EQUAL_ITEMS && self.has_room(depth) {
            if unique {
                // The same draws, and another number: only the number tells items apart.
                *self.seed = start.clone();
            }
            let item = self.value(parts.item(items.len()), depth + 1, turn);
            turn += usize::from(unique);
            if unique && items.contains(&item) {
                equal += 1;
            } else {
                equal = 0;
                items.push(item);
            }
        }
        Value::Array(items)
    }

    fn has_room(&self, depth: usize) -> bool {
        depth <= DEEPEST && self.made < 2 * NODES
    }
}

/// How many values a value holds, a text counted once and once more for every 64 bytes.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / 64,
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(weight).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: &Value, expected: &Value) {
        let schema = json!({"type": "object", "required": ["it"], "properties": {"it": schema}});
        assert_eq!(arguments(&schema, &mut Seed::new(5))["it"], *expected, "{schema}");
    }

    #[test]
    fn a_schema_with_one_answer_gets_it() {
        check(&json!({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}), &json!(4));
        check(&json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true, "maximum": 4}), &json!(4));
        check(&json!({"type": "integer", "multipleOf": 7, "minimum": 36, "maximum": 48}), &json!(42));
        check(&json!({"type": "integer", "multipleOf": 2.5, "maximum": 7, "minimum": 1}), &json!(5));
        check(&json!({"type": "number", "multipleOf": 0.25, "minimum": 0.3, "maximum": 0.6}), &json!(0.5));
        check(&json!({"type": "integer", "minimum": 10.5, "maximum": 11.5}), &json!(11));
        check(&json!({"type": "number", "multipleOf": 1, "minimum": 10.5, "maximum": 11.5}), &json!(11));
        check(
            &json!({"type": "integer", "minimum": 1_000_000_000_000_000_000_u64}),
            &json!(1_000_000_000_000_000_000_u64),
        );
        check(&json!({"type": "number", "minimum": 1.25, "maximum": 1.25}), &json!(1.25));
        check(
            &json!({"allOf": [{"type": "number", "minimum": 2}, {"type": "integer", "maximum": 2}]}),
            &json!(2),
        );
        check(&json!({"enum": ["a", "b"], "allOf": [{"enum": ["b", "c"]}]}), &json!("b"));
        check(&json!({"type": "integer", "default": 1, "minimum": 8, "maximum": 8}), &json!(8));
        check(
            &json!({"type": "array", "items": {"enum": [1, 2]}, "minItems": 2, "uniqueItems": true}),
            &json!([1, 2]),
        );
        check(
            &json!({"type": "array", "prefixItems": [{"const": 1}, {"const": "b"}], "minItems": 2}),
            &json!([1, "b"]),
        );
        check(&json!({"type": "array", "items": {"const": 1}, "maxItems": 0}), &json!([]));
        check(&json!({"type": ["null", "string"], "enum": [null, "a"], "minLength": 1}), &json!(null));
        check(&json!({"required": ["x"], "additionalProperties": {"const": 3}}), &json!({"x": 3}));
        check(&json!({"type": "string", "format": "date"}), &json!("2026-01-15"));
    }

    #[test]
    fn parts_of_an_all_of_add_their_members() {
        let schema = json!({"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"], "allOf": [
            {"$ref": "#/$defs/more"}, {"properties": {"a": {"type": "integer"}, "c": {}}}
        ], "$defs": {"more": {"properties": {"b": {"const": 2}}, "required": ["b"]}}});
        assert_eq!(arguments(&schema, &mut Seed::new(5)), json!({"a": 1, "b": 2}));
    }

    #[test]
    fn items_that_must_differ_do_differ() {
        for items in [
            json!({"type": "integer", "minimum": 1, "maximum": 12}),
            json!({"type": "string", "maxLength": 3}),
            json!({"type": "string", "format": "uuid"}),
            json!({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
            json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}),
        ] {
            let list = json!({"type": "array", "minItems": 12, "uniqueItems": true, "items": items});
            let schema = json!({"type": "object", "properties": {"list": list}});
            for seed in 0..20 {
                let made = arguments(&schema, &mut Seed::new(seed));
                let made = made["list"].as_array().unwrap();
                let differ = made.iter().enumerate().all(|(at, item)| !made[..at].contains(item));
                assert!(differ && made.len() == 12, "{items}: {made:?}");
            }
        }
    }

    #[test]
    fn a_schema_that_would_explode_gives_a_few_thousand_values_at_most() {
        let nested = |inner: Value| json!({"type": "array", "minItems": 20, "items": inner});
        let arrays = (0..5).fold(json!({"type": "string", "minLength": 5000}), |inner, _| nested(inner));
        let names: Vec<String> = (0..50).map(|n| format!("m{n}")).collect();
        let members: Map<String, Value> = names.iter().map(|n| (n.clone(), json!({"$ref": "#"}))).collect();
        for schema in [
            json!({"type": "object", "properties": {"a": arrays}}),
            json!({"type": "object", "properties": members, "required": names}),
            json!({"type": "object", "properties": {"a": nested(json!({"const": "x".repeat(100_000)}))}}),
            json!({"type": "object", "properties": {"a": {"type": "array", "minItems": u64::MAX}}}),
        ] {
            let made = arguments(&schema, &mut Seed::new(1));
            let length = made.to_string().len();
            assert!(
                weight(&made) < 3 * NODES && length < 400_000,
                "{} values, {length} bytes",
                weight(&made)
            );
        }
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let schema = json!({"type": "object", "required": ["value", "next"], "properties": {
            "value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}});
        let made = arguments(&schema, &mut Seed::new(1)).to_string();
        assert!(made.ends_with(&format!("\"next\":null{}", "}".repeat(DEEPEST))), "{made}");
        for circle in [json!({"$ref": "#"}), json!({"allOf": [{"$ref": "#"}, {"anyOf": [{"$ref": "#"}]}]})] {
            assert_eq!(arguments(&circle, &mut Seed::new(1)), json!({}));
        }
    }
}
