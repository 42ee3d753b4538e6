//! Which calls are the same: canonical input and the idempotency key. Pure.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// An input as JSON text with sorted keys: inputs that say the same have the same text.
pub(crate) fn canonical(input: &Map<String, Value>) -> String {
    sorted(&Value::Object(input.clone())).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut pairs: Vec<_> = members.iter().collect();
            pairs.sort_by_key(|(name, _)| *name);
            Value::Object(pairs.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// A name for one call of one tool: SHA-256, in hex, of the scope, the toolUseId, the tool's name and its input.
///
/// The input is part of it because a model that counts its ids from the start in each conversation would otherwise be
/// answered with the result of another call.
pub(crate) fn idempotency_key(scope: &str, id: &str, name: &str, input: &Map<String, Value>) -> String {
    let parts = Value::from(vec![scope.to_owned(), id.to_owned(), name.to_owned(), canonical(input)]);
    sha256_hex(parts.to_string().as_bytes())
}

/// SHA-256 as 64 hex digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(scope: &str, id: &str, name: &str, input: &Value) -> String {
        idempotency_key(scope, id, name, input.as_object().unwrap())
    }

    #[test]
    fn the_order_of_members_makes_no_other_call() {
        let one = json!({"a": 1, "b": [{"c": 1, "d": 2}]});
        let other = json!({"b": [{"d": 2, "c": 1}], "a": 1});
        assert_eq!(canonical(one.as_object().unwrap()), r#"{"a":1,"b":[{"c":1,"d":2}]}"#);
        assert_eq!(key("s", "i", "n", &one), key("s", "i", "n", &other));
    }

    #[test]
    fn everything_else_does() {
        let input = json!({"a": 1});
        let first = key("s", "i", "n", &input);
        assert_eq!(first.len(), 64);
        let others = [
            key("t", "i", "n", &input),
            key("s", "j", "n", &input),
            key("s", "i", "m", &input),
            key("s", "i", "n", &json!({"a": [1]})),
            key("si", "", "n", &input),
        ];
        assert!(others.iter().all(|other| *other != first), "{others:?}");
    }

    #[test]
    fn the_hash_is_sha256() {
        assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
