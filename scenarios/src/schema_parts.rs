//! A JSON Schema read as the parts that must all hold at once, and what they allow together.
//!
//! It reads schemas; it makes no values, and knows nothing of tools or replies.

use crate::schema_fits::{described, fits, has_type, placed, types};
use faultline_wire::message::list;
use serde_json::{Map, Value};

/// The most parts that one value is held against: schemas come from strangers.
const MOST: usize = 64;

/// A schema together with its `allOf`, the target of its `$ref`, one branch of `anyOf` and of `oneOf`, and one way of
/// its `if`.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    root: &'a Value,
    parts: Vec<&'a Value>,
}

impl<'a> Parts<'a> {
    /// The parts of `schemas`, which hold together; references start at `root`. With `flat`, a branch without
    /// members or items is preferred: that is how a schema that contains itself comes to an end. Another `turn` takes
    /// other branches.
    pub(crate) fn of(mut schemas: Vec<&'a Value>, root: &'a Value, flat: bool, turn: usize) -> Self {
        let mut at = 0;
        while at < schemas.len() && at < MOST {
            for follower in followers(schemas[at], root, flat, turn) {
                if !schemas.iter().any(|known| std::ptr::eq(*known, follower)) {
                    schemas.push(follower);
                }
            }
            at += 1;
        }
        schemas.truncate(MOST);
        Self { root, parts: schemas }
    }

    /// The values of `keyword`, part by part.
    pub(crate) fn all(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        self.schemas().filter_map(move |part| part.get(keyword))
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
        let mut named: Vec<&str> = self.schemas().flat_map(types).collect();
        named.sort_by_key(|name| *name == "null");
        let allowed = |name: &&&str| self.schemas().all(|part| has_type(part, name));
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
    /// `enum`; else, as the first value only, a legal `default` or example. Not one with a text in it: those name what
    /// exists, and a made-up call shall touch nothing.
    pub(crate) fn given(&self, nth: usize) -> Option<&'a Value> {
        let fixed =
            || self.schemas().flat_map(|part| part.get("const").into_iter().chain(list(part.get("enum"))));
        let legal = || fixed().filter(|value| self.admits(value));
        if let Some(first) = fixed().next() {
            return legal().nth(nth).or_else(|| legal().cycle().nth(nth)).or(Some(first));
        }
        self.usual().find(|value| nth == 0 && !has_text(value) && self.admits(value))
    }

    /// The `default` and the examples.
    pub(crate) fn usual(&self) -> impl Iterator<Item = &'a Value> {
        let examples = self.all("examples").flat_map(|examples| list(Some(examples)));
        self.all("default").chain(examples)
    }

    /// The names of the members that must be there.
    pub(crate) fn required(&self) -> Vec<&'a str> {
        self.all("required").flat_map(|names| list(Some(names))).filter_map(Value::as_str).collect()
    }

    /// The names of the members that must be there because one of `names` is.
    pub(crate) fn needed_by<'n, I: Iterator<Item = &'n str>>(&self, names: impl Fn() -> I) -> Vec<&'a str> {
        let rules = self.all("dependentRequired").filter_map(Value::as_object).flatten();
        let met = rules.filter(|(name, _)| names().any(|known| known == name.as_str()));
        met.flat_map(|(_, more)| list(Some(more))).filter_map(Value::as_str).collect()
    }

    /// The names of the members that are described, in the order of the schema.
    pub(crate) fn described(&self) -> Vec<&'a str> {
        let members = self.all("properties").filter_map(Value::as_object);
        members.flat_map(|members| members.keys().map(String::as_str)).collect()
    }

    /// What the member `name` must fit.
    pub(crate) fn member(&self, name: &str) -> Vec<&'a Value> {
        self.schemas().flat_map(|part| described(part, name)).collect()
    }

    /// What item `at` (from 0) must fit: its own schema where there is one for the place, else that of all; the first
    /// one also what the list must contain.
    pub(crate) fn item(&self, at: usize) -> Vec<&'a Value> {
        let contained = self.all("contains").filter(|_| at == 0);
        self.schemas().filter_map(|part| placed(part, at)).chain(contained).collect()
    }

    /// Whether every part allows `value`.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        self.parts.iter().all(|part| fits(part, self.root, value))
    }

    /// Whether there is more than one way to read the schema, so that the first may be the wrong one.
    pub(crate) fn is_open(&self) -> bool {
        const OPEN: [&str; 5] = ["anyOf", "oneOf", "not", "if", "contains"];
        self.schemas().any(|part| OPEN.iter().any(|keyword| part.contains_key(*keyword)))
    }

    fn schemas(&self) -> impl Iterator<Item = &'a Map<String, Value>> + Clone {
        self.parts.iter().filter_map(|part| part.as_object())
    }
}

/// What must hold where `schema` does. `turn` chooses among branches: the first in turn 0.
fn followers<'a>(schema: &'a Value, root: &'a Value, flat: bool, turn: usize) -> Vec<&'a Value> {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    let mut found: Vec<&Value> = target.and_then(|pointer| root.pointer(pointer)).into_iter().collect();
    found.extend(list(schema.get("allOf")));
    for key in ["anyOf", "oneOf"] {
        let branches = list(schema.get(key));
        let turned = || branches.iter().cycle().skip(turn % branches.len().max(1)).take(branches.len());
        let ends = turned().find(|branch| flat && is_flat(branch));
        found.extend(ends.or(turned().next()));
    }
    // A condition that is met in even turns, and is not in odd ones.
    let way: &[&str] = if turn.is_multiple_of(2) { &["if", "then"] } else { &["else"] };
    found.extend(way.iter().filter(|_| schema.get("if").is_some()).filter_map(|key| schema.get(*key)));
    found
}

fn is_flat(schema: &Value) -> bool {
    let named = schema.get("type").and_then(Value::as_str);
    named.is_some_and(|name| !matches!(name, "object" | "array")) || schema.get("enum").is_some()
}

/// Whether `value` is or holds a text.
fn has_text(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().any(has_text),
        Value::Object(members) => members.values().any(has_text),
        _ => false,
    }
}
