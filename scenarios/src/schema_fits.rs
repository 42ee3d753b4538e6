//! Whether a value fits a JSON Schema, for the keywords that the schemas of tools use.
//!
//! It judges; it makes nothing. `format` is not judged, nor a `pattern` in a dialect that the regex crate lacks (ECMA
//! 262 has look-around), nor a reference that leads nowhere: what cannot be judged fits.

use faultline_wire::message::list;
use regex::Regex;
use serde_json::{Map, Value};
use std::cell::Cell;

/// How many schemas one question looks at before it is answered with yes: schemas come from strangers.
const MOST: usize = 20_000;

/// How deep schemas are followed.
const DEEPEST: usize = 64;

type Schema = Map<String, Value>;

/// Whether `value` fits `schema`, whose references start at `root`.
pub(crate) fn fits(schema: &Value, root: &Value, value: &Value) -> bool {
    Judge { root, looked: Cell::new(0) }.fits(schema, value, 0)
}

/// Whether `text` holds what `pattern` describes; a pattern that cannot be read describes everything.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).map_or(true, |pattern| pattern.is_match(text))
}

/// Whether a pattern can be judged.
pub(crate) fn is_readable(pattern: &str) -> bool {
    Regex::new(pattern).is_ok()
}

struct Judge<'a> {
    root: &'a Value,
    looked: Cell<usize>,
}

impl Judge<'_> {
    fn fits(&self, schema: &Value, value: &Value, depth: usize) -> bool {
        self.looked.set(self.looked.get() + 1);
        if depth > DEEPEST || self.looked.get() > MOST {
            return true;
        }
        match schema {
            Value::Bool(all) => *all,
            Value::Object(schema) => {
                is_named(schema, value)
                    && is_sized(schema, value)
                    && self.combines(schema, value, depth + 1)
                    && self.members_fit(schema, value, depth + 1)
                    && self.items_fit(schema, value, depth + 1)
            }
            _ => true,
        }
    }

    fn combines(&self, schema: &Schema, value: &Value, depth: usize) -> bool {
        let fits = |branch: &&Value| self.fits(branch, value, depth);
        let any_of = list(schema.get("anyOf"));
        let one_of = list(schema.get("oneOf"));
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        let condition = schema.get("if").map(|condition| if fits(&condition) { "then" } else { "else" });
        target.and_then(|pointer| self.root.pointer(pointer)).as_ref().is_none_or(fits)
            && list(schema.get("allOf")).iter().all(|branch| fits(&branch))
            && (any_of.is_empty() || any_of.iter().any(|branch| fits(&branch)))
            && (one_of.is_empty() || one_of.iter().filter(fits).count() == 1)
            && schema.get("not").as_ref().is_none_or(|branch| !fits(branch))
            && condition.and_then(|branch| schema.get(branch)).as_ref().is_none_or(fits)
    }

    fn members_fit(&self, schema: &Schema, value: &Value, depth: usize) -> bool {
        let Value::Object(members) = value else { return true };
        let has = |name: &Value| name.as_str().is_none_or(|name| members.contains_key(name));
        let all = |names: Option<&Value>| list(names).iter().all(has);
        let needed = schema.get("dependentRequired").and_then(Value::as_object);
        all(schema.get("required"))
            && needed.into_iter().flatten().all(|(name, more)| !members.contains_key(name) || all(Some(more)))
            && members.iter().all(|(name, value)| {
                described(schema, name).iter().all(|described| self.fits(described, value, depth))
            })
            && schema.get("propertyNames").is_none_or(|names| {
                members.keys().all(|name| self.fits(names, &Value::from(name.as_str()), depth))
            })
    }

    fn items_fit(&self, schema: &Schema, value: &Value, depth: usize) -> bool {
        let Value::Array(items) = value else { return true };
        let differ = || items.iter().enumerate().all(|(at, item)| !items[..at].contains(item));
        let placed = |at: usize, item| placed(schema, at).is_none_or(|rule| self.fits(rule, item, depth));
        let contained = |rule: &Value| items.iter().any(|item| self.fits(rule, item, depth));
        (schema.get("uniqueItems") != Some(&Value::Bool(true)) || differ())
            && items.iter().enumerate().all(|(at, item)| placed(at, item))
            && schema.get("contains").is_none_or(contained)
    }
}

/// What `schema` says of the member `name`: its own description and that of its kind, else that of all others.
pub(crate) fn described<'a>(schema: &'a Schema, name: &str) -> Vec<&'a Value> {
    let own = schema.get("properties").and_then(|members| members.get(name));
    let kinds = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    let kinds = kinds.filter(|(pattern, _)| matches(pattern, name)).map(|(_, rule)| rule);
    let rules: Vec<&Value> = own.into_iter().chain(kinds).collect();
    if rules.is_empty() { schema.get("additionalProperties").into_iter().collect() } else { rules }
}

/// What `schema` says of item `at` (from 0): its own rule where there is one for the place, else that of all.
pub(crate) fn placed(schema: &Schema, at: usize) -> Option<&Value> {
    let own = ["prefixItems", "items"].iter().find_map(|key| list(schema.get(*key)).get(at));
    own.or_else(|| schema.get("items").filter(|items| !items.is_array()))
}

/// The types that `schema` names; none where it allows all.
pub(crate) fn types(schema: &Schema) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        named => list(named).iter().filter_map(Value::as_str).collect(),
    }
}

/// Whether `schema` allows values of the type `name`.
pub(crate) fn has_type(schema: &Schema, name: &str) -> bool {
    let types = types(schema);
    types.is_empty() || types.contains(&name) || (name == "integer" && types.contains(&"number"))
}

fn is_named(schema: &Schema, value: &Value) -> bool {
    schema.get("const").is_none_or(|only| only == value)
        && schema.get("enum").is_none_or(|values| list(Some(values)).contains(value))
        && has_type(schema, type_of(value))
}

fn is_sized(schema: &Schema, value: &Value) -> bool {
    let count = |key: &str| schema.get(key).and_then(Value::as_u64);
    let within = |size: usize, least: &str, most: &str| {
        count(least).is_none_or(|least| size as u64 >= least)
            && count(most).is_none_or(|most| size as u64 <= most)
    };
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number_fits(schema, number)),
        Value::String(text) => {
            let pattern = schema.get("pattern").and_then(Value::as_str);
            within(text.chars().count(), "minLength", "maxLength")
                && pattern.is_none_or(|pattern| matches(pattern, text))
        }
        Value::Array(items) => within(items.len(), "minItems", "maxItems"),
        Value::Object(members) => within(members.len(), "minProperties", "maxProperties"),
        _ => true,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Bounds and steps. Drafts before 6 write `exclusiveMinimum: true` beside `minimum`.
fn number_fits(schema: &Schema, number: f64) -> bool {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let strict = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    limit("minimum").is_none_or(|low| number > low || (number == low && !strict("exclusiveMinimum")))
        && limit("maximum")
            .is_none_or(|high| number < high || (number == high && !strict("exclusiveMaximum")))
        && limit("exclusiveMinimum").is_none_or(|low| number > low)
        && limit("exclusiveMaximum").is_none_or(|high| number < high)
        && limit("multipleOf").is_none_or(|step| step <= 0.0 || (number / step).fract() == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: &Value, good: &[Value], bad: &[Value]) {
        for (values, expected) in [(good, true), (bad, false)] {
            for value in values {
                assert_eq!(fits(schema, schema, value), expected, "{value} for {schema}");
            }
        }
    }

    #[test]
    fn scalars_are_held_to_type_names_sizes_and_patterns() {
        check(
            &json!({"type": "integer", "minimum": 1, "multipleOf": 2}),
            &[json!(2), json!(4.0)],
            &[json!(0), json!(3), json!(2.5), json!("2")],
        );
        check(
            &json!({"type": ["string", "null"], "minLength": 2, "maxLength": 3}),
            &[json!("éé"), json!(null)],
            &[json!("a"), json!("abcd"), json!(1)],
        );
        check(&json!({"pattern": "^a+$"}), &[json!("aa"), json!(1)], &[json!("b")]);
        check(&json!({"pattern": "^(?!x)"}), &[json!("x")], &[]);
        check(&json!({"enum": ["a", 1]}), &[json!("a"), json!(1)], &[json!("b")]);
        check(&json!(false), &[], &[json!(null)]);
    }

    #[test]
    fn objects_are_held_to_their_members() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
            "patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false,
            "dependentRequired": {"x-1": ["x-2"]}, "maxProperties": 3});
        check(
            &schema,
            &[json!({"a": 1}), json!({"a": 1, "x-1": "", "x-2": ""})],
            &[
                json!({}),
                json!({"a": "1"}),
                json!({"a": 1, "b": 1}),
                json!({"a": 1, "x-1": 1, "x-2": ""}),
                json!({"a": 1, "x-1": ""}),
                json!({"a": 1, "x-2": "", "x-3": "", "x-4": ""}),
            ],
        );
        check(&json!({"propertyNames": {"maxLength": 1}}), &[json!({"a": 1})], &[json!({"ab": 1})]);
    }

    #[test]
    fn lists_are_held_to_their_items() {
        let schema = json!({"type": "array", "prefixItems": [{"const": 1}], "items": {"type": "string"},
            "contains": {"const": "x"}, "uniqueItems": true, "minItems": 2});
        check(
            &schema,
            &[json!([1, "x"]), json!([1, "a", "x"])],
            &[json!([1]), json!([2, "x"]), json!([1, 2, "x"]), json!([1, "a"]), json!([1, "x", "x"])],
        );
    }

    #[test]
    fn branches_are_held_together() {
        check(&json!({"oneOf": [{"minimum": 1}, {"maximum": 3}]}), &[json!(0), json!(4)], &[json!(2)]);
        check(&json!({"anyOf": [{"minimum": 5}, {"maximum": 3}]}), &[json!(3), json!(5)], &[json!(4)]);
        check(
            &json!({"not": {"const": 1}, "allOf": [{"type": "integer"}]}),
            &[json!(2)],
            &[json!(1), json!("a")],
        );
        let when = json!({"if": {"minimum": 5}, "then": {"multipleOf": 5}, "else": {"multipleOf": 2}});
        check(&when, &[json!(10), json!(4)], &[json!(6), json!(3)]);
        let named = json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}});
        check(&named, &[json!(1)], &[json!("1")]);
    }

    #[test]
    fn a_schema_that_never_ends_is_judged_all_the_same() {
        let branches = json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}, {"anyOf": [{"$ref": "#"}]}]});
        check(&branches, &[json!(1)], &[]);
    }
}
