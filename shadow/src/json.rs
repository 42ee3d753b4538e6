//! The first place where two JSON values differ. Knows not what they mean.

use serde_json::{Number, Value};

/// Where two values differ, and what stands there; `None` is a missing member.
pub(crate) struct JsonDifference {
    /// A JSON pointer (RFC 6901).
    pub(crate) pointer: String,
    /// The same, with `*` for places in lists.
    pub(crate) shape: String,
    pub(crate) left: Option<Value>,
    pub(crate) right: Option<Value>,
}

/// The first difference, members in the order of the left value. The order of members means nothing; `1` equals `1.0`.
pub(crate) fn first_difference(left: &Value, right: &Value) -> Option<JsonDifference> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let added = right.keys().filter(|key| !left.contains_key(*key));
            left.keys().chain(added).find_map(|key| {
                let step = key.replace('~', "~0").replace('/', "~1");
                Some(below(&step, &step, member(left.get(key), right.get(key))?))
            })
        }
        (Value::Array(left), Value::Array(right)) => (0..left.len().max(right.len())).find_map(|place| {
            Some(below(&place.to_string(), "*", member(left.get(place), right.get(place))?))
        }),
        (Value::Number(a), Value::Number(b)) if same_number(a, b) => None,
        _ if left == right => None,
        _ => Some(here(Some(left), Some(right))),
    }
}

fn member(left: Option<&Value>, right: Option<&Value>) -> Option<JsonDifference> {
    match (left, right) {
        (Some(left), Some(right)) => first_difference(left, right),
        _ => Some(here(left, right)),
    }
}

fn here(left: Option<&Value>, right: Option<&Value>) -> JsonDifference {
    JsonDifference {
        pointer: String::new(),
        shape: String::new(),
        left: left.cloned(),
        right: right.cloned(),
    }
}

fn below(step: &str, shape: &str, mut found: JsonDifference) -> JsonDifference {
    found.pointer = format!("/{step}{}", found.pointer);
    found.shape = format!("/{shape}{}", found.shape);
    found
}

/// Whole numbers are compared as such: two of them beyond 2^53 are not equal for being near.
fn same_number(a: &Number, b: &Number) -> bool {
    a == b || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64())
}

/// A value with its members in alphabetical order, as text: equal values have equal texts.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            let written = keys.iter().map(|key| format!("{:?}:{}", key, canonical(&members[*key])));
            format!("{{{}}}", written.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
