//! A JSON Schema read as the parts that must all hold at once, and what they allow together.
//!
//! It reads schemas and judges single values; it makes none, and knows nothing of tools or replies.

use faultline_wire::message::list;
use serde_json::{Map, Value};

/// The most parts that one value is held against: schemas come from strangers.
const MOST: usize = 64;

/// A schema together with its `allOf`, the target of its `$ref`, and one branch of `anyOf` and of `oneOf`.
#[derive(Debug)]
pub(crate) struct Parts<'a>(Vec<&'a Map<String, Value>>);

impl<'a> Parts<'a> {
    /// The parts of `schemas`, which hold together; references start at `root`. With `flat`, a branch without
    /// members or items is preferred: that is how a schema that contains itself comes to an end.
    pub(crate) fn of(mut schemas: Vec<&'a Value>, root: &'a Value, flat: bool) -> Self {
        let mut at = 0;
        while at < schemas.len() && at < MOST {
            for follower in followers(schemas[at], root, flat) {
                if !schemas.iter().any(|known| std::ptr::eq(*known, follower)) {
                    schemas.push(follower);
                }
            }
            at += 1;
        }
        Self(schemas.into_iter().take(MOST).filter_map(Value::as_object).collect())
    }

    /// The values of `keyword`, part by part.
    pub(crate) fn all(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter_map(move |part| part.get(keyword))
    }

    /// The greatest `keyword` that is a count: `minItems`, `minLength`.
    pub(crate) fn most(&self, keyword: &str) -> Option<u64> {
        self.all(keyword).filter_map(Value::as_u64).max()
    }

    /// The least `keyword` that is a count: `maxItems`, `maxLength`.
    pub(crate) fn least(&self, keyword: &str) -> Option<u64> {
        self.all(keyword).filter_map(Value::as_u64).min()
    }

    /// The first type that every part allows, `null` last; guessed from other keywords where none is named.
    pub(crate) fn kind(&self) -> &'a str {
        let mut named: Vec<&str> = self.0.iter().flat_map(|part| types(part)).collect();
        named.sort_by_key(|name| *name == "null");
        let allowed = |name: &&&str| self.0.iter().all(|part| has_type(part, name));
        let has = |keywords: &[&str]| keywords.iter().any(|keyword| self.all(keyword).next().is_some());
        match named.iter().find(allowed).or(named.first()) {
            Some(name) => name,
            None if has(&["properties", "required"]) => "object",
            None if has(&["items", "prefixItems", "minItems"]) => "array",
            None if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) => {
                "number"
            }
            None => "string",
        }
    }

    /// A value that the schema itself names: the `nth` legal one (from 0, around and around) of `const` and
    /// `enum`; else, as the first value only, a legal `default` or example.
    pub(crate) fn given(&self, nth: usize) -> Option<&'a Value> {
        let fixed =
            || self.0.iter().flat_map(|part| part.get("const").into_iter().chain(list(part.get("enum"))));
        let legal = || fixed().filter(|value| self.admits(value));
        if let Some(first) = fixed().next() {
            return legal().nth(nth).or_else(|| legal().cycle().nth(nth)).or(Some(first));
        }
        let mut usual =
            self.all("default").chain(self.all("examples").flat_map(|examples| list(Some(examples))));
        usual.find(|value| nth == 0 && self.admits(value))
    }

    /// The names of the members that must be there.
    pub(crate) fn required(&self) -> Vec<&'a str> {
        self.all("required").flat_map(|names| list(Some(names))).filter_map(Value::as_str).collect()
    }

    /// The names of the members that are described, in the order of the schema.
    pub(crate) fn described(&self) -> Vec<&'a str> {
        let members = self.all("properties").filter_map(Value::as_object);
        members.flat_map(|members| members.keys().map(String::as_str)).collect()
    }

    /// What the member `name` must fit.
    pub(crate) fn member(&self, name: &str) -> Vec<&'a Value> {
        let of_part = |part: &&'a Map<String, Value>| {
            let described = part.get("properties").and_then(|members| members.get(name));
            described.or_else(|| part.get("additionalProperties"))
        };
        self.0.iter().filter_map(of_part).collect()
    }

    /// What item `at` (from 0) must fit: its own schema where there is one for the place, else that of all.
    pub(crate) fn item(&self, at: usize) -> Vec<&'a Value> {
        let of_part = |part: &&'a Map<String, Value>| {
            let placed = ["prefixItems", "items"].iter().find_map(|key| list(part.get(*key)).get(at));
            placed.or_else(|| part.get("items").filter(|items| items.is_object()))
        };
        self.0.iter().filter_map(of_part).collect()
    }

    /// Whether every part allows `value`, its members and items aside.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        self.0.iter().all(|part| part_admits(part, value))
    }
}

fn followers<'a>(schema: &'a Value, root: &'a Value, flat: bool) -> Vec<&'a Value> {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    let mut found: Vec<&Value> = target.and_then(|pointer| root.pointer(pointer)).into_iter().collect();
    found.extend(list(schema.get("allOf")));
    for key in ["anyOf", "oneOf"] {
        let branches = list(schema.get(key));
        let ends = branches.iter().find(|branch| flat && is_flat(branch));
        found.extend(ends.or(branches.first()));
    }
    found
}

fn is_flat(schema: &Value) -> bool {
    let named = schema.get("type").and_then(Value::as_str);
    named.is_some_and(|name| !matches!(name, "object" | "array")) || schema.get("enum").is_some()
}

fn types(part: &Map<String, Value>) -> Vec<&str> {
    match part.get("type") {
        Some(Value::String(name)) => vec![name],
        named => list(named).iter().filter_map(Value::as_str).collect(),
    }
}

/// Whether `part` allows values of the type `name`.
fn has_type(part: &Map<String, Value>, name: &str) -> bool {
    let types = types(part);
    types.is_empty() || types.contains(&name) || (name == "integer" && types.contains(&"number"))
}

fn part_admits(part: &Map<String, Value>, value: &Value) -> bool {
    let named = part.get("const").is_none_or(|only| only == value)
        && part.get("enum").is_none_or(|values| list(Some(values)).contains(value));
    let count = |key: &str| part.get(key).and_then(Value::as_u64);
    let within = |size: usize, least: &str, most: &str| {
        count(least).is_none_or(|least| size as u64 >= least)
            && count(most).is_none_or(|most| size as u64 <= most)
    };
    let sized = match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number_fits(part, number)),
        Value::String(text) => within(text.chars().count(), "minLength", "maxLength"),
        Value::Array(items) => within(items.len(), "minItems", "maxItems"),
        Value::Object(members) => {
            list(part.get("required")).iter().filter_map(Value::as_str).all(|name| members.contains_key(name))
        }
        _ => true,
    };
    named && sized && has_type(part, type_of(value))
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
fn number_fits(part: &Map<String, Value>, number: f64) -> bool {
    let limit = |key: &str| part.get(key).and_then(Value::as_f64);
    let strict = |key: &str| part.get(key) == Some(&Value::Bool(true));
    limit("minimum").is_none_or(|low| number > low || (number == low && !strict("exclusiveMinimum")))
        && limit("maximum")
            .is_none_or(|high| number < high || (number == high && !strict("exclusiveMaximum")))
        && limit("exclusiveMinimum").is_none_or(|low| number > low)
        && limit("exclusiveMaximum").is_none_or(|high| number < high)
        && limit("multipleOf").is_none_or(|step| step <= 0.0 || (number / step).fract() == 0.0)
}
