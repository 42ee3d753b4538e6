//! What names a tool call that its caller names by nothing: the tool and its input. Pure.

use serde_json::Value;

/// The name of a call by its tool and its input, whatever the order of the input's keys.
pub fn tool_key(tool: &str, input: &Value) -> String {
    format!("{tool} {}", spelled(input))
}

fn spelled(input: &Value) -> String {
    match input {
        Value::Object(members) => {
            let mut parts: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), spelled(value)))
                .collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(spelled).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_input_is_the_same_call_whatever_the_order_of_its_keys() {
        let one = tool_key("pay", &json!({"a": 1, "b": [{"d": 2, "c": 3}]}));
        assert_eq!(one, r#"pay {"a":1,"b":[{"c":3,"d":2}]}"#);
        assert_eq!(one, tool_key("pay", &json!({"b": [{"c": 3, "d": 2}], "a": 1})));
        assert_ne!(one, tool_key("refund", &json!({"a": 1, "b": [{"d": 2, "c": 3}]})));
        assert_ne!(tool_key("pay", &json!({"a": 1})), tool_key("pay", &json!({"a": "1"})));
    }
}
