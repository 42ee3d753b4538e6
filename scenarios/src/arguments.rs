//! Arguments for a tool, made from its input schema alone.
//!
//! Honoured: `type`, `const`, `enum`, `default`, `examples`, `$ref` within the schema, `allOf`, `anyOf`, `oneOf`, `not`,
//! `if`/`then`/`else`; `properties`, `patternProperties`, `required`, `dependentRequired`, `additionalProperties`,
//! `minProperties`; `items`, `prefixItems`, `contains`, `minItems`, `maxItems`, `uniqueItems`; bounds and `multipleOf`;
//! lengths, `pattern`, and the usual formats. Where a schema leaves a choice, what was made is judged, and other branches
//! are tried. Not attempted: patterns with look-around, references to other documents, `$dynamicRef`, `dependentSchemas`,
//! `unevaluatedProperties`, names that must fit `propertyNames`.
//!
//! What is made is short, harmless and recognisable: an agent's tools run with it.

use crate::scalar;
use crate::schema_fits::fits;
use crate::schema_parts::Parts;
use crate::seed::Seed;
use serde_json::{Map, Value, json};

/// How deep arguments nest at most. Objects and lists below are empty.
const DEEPEST: usize = 6;

/// How many values arguments hold before only what is required is made; at twice as many nothing more is.
const NODES: usize = 2_000;

/// How many equal items in a row end a list whose items must differ: the schema has no other.
const EQUAL_ITEMS: usize = 16;

/// How many members that nobody describes are made where a schema wants more than it describes.
const EXTRA: usize = 8;

/// How many ways to read a schema are tried for one value.
const WAYS: usize = 8;

/// How often, in all, another way is tried.
const RETRIES: usize = 64;

/// An object that fits `schema`, as far as the module says; empty where the schema wants no object.
pub(crate) fn arguments(schema: &Value, seed: &mut Seed) -> Value {
    let made = Generator { root: schema, seed, made: 0, retries: RETRIES }.value(vec![schema], 0, 0);
    if made.is_object() { made } else { json!({}) }
}

struct Generator<'a, 's> {
    root: &'a Value,
    seed: &'s mut Seed,
    /// How many values there are, long texts counted as several.
    made: usize,
    /// How often another way may still be tried.
    retries: usize,
}

impl<'a> Generator<'a, '_> {
    /// A value that fits all of `schemas`: the `nth` where several must differ.
    fn value(&mut self, schemas: Vec<&'a Value>, depth: usize, nth: usize) -> Value {
        let depth = if self.made < NODES { depth } else { depth.max(DEEPEST) };
        let wanted = schemas.clone();
        let fits = |value: &Value| wanted.iter().all(|schema| fits(schema, self.root, value));
        let parts = Parts::of(schemas, self.root, depth >= DEEPEST, 0);
        let first = self.of_parts(&parts, depth, nth);
        if !parts.is_open() || fits(&first) {
            return first;
        }
        for way in 1..WAYS.min(self.retries) {
            self.retries -= 1;
            let parts = Parts::of(wanted.clone(), self.root, depth >= DEEPEST, way);
            let made = self.of_parts(&parts, depth, nth + way);
            if fits(&made) {
                return made;
            }
        }
        first
    }

    fn of_parts(&mut self, parts: &Parts<'a>, depth: usize, nth: usize) -> Value {
        let value = match parts.given(nth) {
            Some(given) => given.clone(),
            None => match parts.kind() {
                "object" => return self.object(parts, depth, nth),
                "array" => return self.array(parts, depth, nth),
                "integer" => scalar::number(parts, true, self.seed, nth),
                "number" => scalar::number(parts, false, self.seed, nth),
                "boolean" => json!((self.seed.below(2) + nth) % 2 == 1),
                "null" => Value::Null,
                _ => json!(scalar::text(parts, self.seed, nth)),
            },
        };
        self.made += weight(&value);
        value
    }

    /// The members that must be there; all that are described where none must and there is room.
    fn object(&mut self, parts: &Parts<'a>, depth: usize, nth: usize) -> Value {
        self.made += 1;
        let mut members = Map::new();
        for name in names(parts, depth >= DEEPEST) {
            if !self.has_room(depth) {
                break;
            }
            members.insert(name.clone(), self.value(parts.member(&name), depth + 1, nth));
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

/// The names of the members to make, each once, in the order of the schema; with `bare`, no more than must be.
fn names(parts: &Parts<'_>, bare: bool) -> Vec<String> {
    let (described, required) = (parts.described(), parts.required());
    let all = required.is_empty() && !bare;
    let chosen = || described.iter().filter(|name| all || required.contains(name)).chain(&required).copied();
    let mut names: Vec<String> = Vec::new();
    for name in chosen().chain(parts.needed_by(chosen)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let least = parts.most("minProperties").unwrap_or(0);
    let more = (1..=EXTRA).map(|number| format!("extra{number}"));
    for name in described.iter().map(|name| (*name).to_owned()).chain(more) {
        if (names.len() as u64) < least && !names.contains(&name) {
            names.push(name);
        }
    }
    names
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
        check(&json!({"type": "string", "pattern": "^[A-Z]{2}-\\d$"}), &json!("AA-1"));
        check(&json!({"type": "string", "pattern": "^a*$", "minLength": 3, "maxLength": 3}), &json!("aaa"));
        check(&json!({"type": "string", "pattern": "^(?=b)b$", "default": "b"}), &json!("b"));
        check(&json!({"enum": [1, 2], "not": {"const": 1}}), &json!(2));
        check(&json!({"oneOf": [{"enum": [1]}, {"enum": [1, 2]}, {"const": 3}]}), &json!(2));
        check(&json!({"anyOf": [{"const": 1, "type": "string"}, {"const": 2}]}), &json!(2));
        check(&json!({"if": {"const": 1}, "then": false, "else": {"const": 2}}), &json!(2));
        check(&json!({"type": "array", "items": {"enum": [1, 2]}, "contains": {"const": 2}}), &json!([2]));
        check(
            &json!({"minProperties": 1, "additionalProperties": {"const": 1}, "type": "object"}),
            &json!({"extra1": 1}),
        );
        let needed = json!({"required": ["a"], "dependentRequired": {"a": ["b"]}, "additionalProperties": {"const": 1}});
        check(&needed, &json!({"a": 1, "b": 1}));
    }

    #[test]
    fn parts_of_an_all_of_add_their_members() {
        let schema = json!({"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"], "allOf": [
            {"$ref": "#/$defs/more"}, {"properties": {"a": {"type": "integer"}, "c": {}}}
        ], "$defs": {"more": {"properties": {"b": {"const": 2}}, "required": ["b"]}}});
        assert_eq!(arguments(&schema, &mut Seed::new(5)), json!({"a": 1, "b": 2}));
    }

    #[test]
    fn texts_that_the_schema_suggests_are_not_used() {
        for hint in [json!({"default": "/"}), json!({"examples": ["/etc/passwd"]})] {
            let mut schema = json!({"type": "string"});
            schema.as_object_mut().unwrap().extend(hint.as_object().unwrap().clone());
            let made = arguments(&json!({"properties": {"it": schema}}), &mut Seed::new(5));
            assert!(made["it"].as_str().unwrap().starts_with("faultline-"), "{made}");
        }
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
