//! How deep JSON may nest in a cassette. Pure.

use serde_json::Value;

/// What a scenario file holds, less the levels around it.
pub(crate) const DEEPEST: usize = 28;

/// Whether a cassette can hold it.
pub(crate) fn fits(value: &Value) -> bool {
    depth(value) <= DEEPEST
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
