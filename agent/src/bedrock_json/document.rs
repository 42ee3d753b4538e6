//! Smithy documents to `serde_json` values and back. The SDK has no such conversion on its stable surface.

use std::collections::HashMap;

use aws_smithy_types::{Document, Number};
use serde_json::{Map, Value};

/// A document as JSON. Object keys come out sorted, because a document does not keep their order. A float that JSON
/// cannot hold (NaN, infinite) becomes `null`.
#[must_use]
pub fn document_to_json(document: &Document) -> Value {
    match document {
        Document::Object(members) => {
            let mut map: Map<String, Value> =
                members.iter().map(|(key, value)| (key.clone(), document_to_json(value))).collect();
            map.sort_keys();
            Value::Object(map)
        }
        Document::Array(items) => Value::Array(items.iter().map(document_to_json).collect()),
        Document::Number(Number::PosInt(n)) => Value::from(*n),
        Document::Number(Number::NegInt(n)) => Value::from(*n),
        Document::Number(Number::Float(n)) => Value::from(*n),
        Document::String(text) => Value::from(text.as_str()),
        Document::Bool(flag) => Value::from(*flag),
        Document::Null => Value::Null,
    }
}

/// JSON as a document. The order of object keys is lost: documents are hash maps.
#[must_use]
pub fn json_to_document(value: &Value) -> Document {
    match value {
        Value::Object(members) => object_to_document(members),
        Value::Array(items) => Document::Array(items.iter().map(json_to_document).collect()),
        Value::Number(number) => Document::Number(to_number(number)),
        Value::String(text) => Document::String(text.clone()),
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Null => Document::Null,
    }
}

/// A JSON object as a document.
#[must_use]
pub fn object_to_document(members: &Map<String, Value>) -> Document {
    let map: HashMap<String, Document> =
        members.iter().map(|(key, value)| (key.clone(), json_to_document(value))).collect();
    Document::Object(map)
}

fn to_number(number: &serde_json::Number) -> Number {
    if let Some(n) = number.as_u64() {
        Number::PosInt(n)
    } else if let Some(n) = number.as_i64() {
        Number::NegInt(n)
    } else {
        Number::Float(number.as_f64().unwrap_or(f64::NAN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_survives_the_way_to_a_document_and_back() {
        for value in [
            json!(null),
            json!(true),
            json!(""),
            json!("caf\u{e9} \u{1f600}"),
            json!(0),
            json!(-7),
            json!(18_446_744_073_709_551_615_u64),
            json!(0.25),
            json!([]),
            json!([1, [2, {"a": null}]]),
            json!({"b": {"z": 1, "a": [true]}, "a": "x"}),
        ] {
            assert_eq!(document_to_json(&json_to_document(&value)), value);
        }
    }

    #[test]
    fn object_keys_come_out_sorted() {
        let text = document_to_json(&json_to_document(&json!({"c": 1, "a": 2, "b": 3}))).to_string();
        assert_eq!(text, r#"{"a":2,"b":3,"c":1}"#);
    }
}
