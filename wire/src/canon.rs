//! JSON bytes as Bedrock writes them: compact, UTF-8 unescaped, object keys sorted at every modelled level.
//!
//! Free-form documents (a tool's input, a tool's JSON result, additional model response fields) keep the
//! order that their author gave them: recorded traffic does the same.

use serde_json::{Map, Value};

/// Members whose value is a free-form document, by the name of the member that holds it.
const DOCUMENTS: [&str; 3] = ["input", "json", "additionalModelResponseFields"];

/// Serialises `value` with sorted keys, leaving documents as they are.
pub fn to_vec(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    write_value(value, &mut out);
    out
}

/// As [`to_vec`], for one object.
pub fn object_to_vec(map: &Map<String, Value>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    write_object(map, &mut out);
    out
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => write_object(map, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                separate(at, out);
                write_value(item, out);
            }
            out.push(b']');
        }
        scalar => write_plain(scalar, out),
    }
}

fn write_object(map: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut members: Vec<(&String, &Value)> = map.iter().collect();
    members.sort_unstable_by_key(|(key, _)| *key);
    out.push(b'{');
    for (at, (key, value)) in members.into_iter().enumerate() {
        separate(at, out);
        write_string(key, out);
        out.push(b':');
        if DOCUMENTS.contains(&key.as_str()) { write_plain(value, out) } else { write_value(value, out) }
    }
    out.push(b'}');
}

fn separate(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    write_plain(&Value::String(text.to_owned()), out);
}

fn write_plain(value: &Value, out: &mut Vec<u8>) {
    // Writing a `Value` into a `Vec` cannot fail: keys are strings and the sink is memory.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        let value: Value = serde_json::from_str(input).unwrap();
        assert_eq!(String::from_utf8(to_vec(&value)).unwrap(), expected);
    }

    #[test]
    fn keys_are_sorted_at_every_modelled_level() {
        check(
            r#"{"b":{"d":1,"c":[{"f":1,"e":2}]},"a":"é\n"}"#,
            r#"{"a":"é\n","b":{"c":[{"e":2,"f":1}],"d":1}}"#,
        );
    }

    #[test]
    fn a_document_keeps_its_own_order() {
        check(
            r#"{"toolUse":{"name":"n","input":{"z":1,"a":{"y":1,"b":2}}}}"#,
            r#"{"toolUse":{"input":{"z":1,"a":{"y":1,"b":2}},"name":"n"}}"#,
        );
    }
}
