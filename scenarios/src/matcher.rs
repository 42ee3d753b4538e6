//! Does a request fit a `when`? And if not, which field failed, in words.

use crate::file::When;
use faultline_wire::Call;
pub use faultline_wire::asked::{first_text, last_text, result_ids};
use serde_json::Value;
use serde_json_path::JsonPath;

/// A field that did not fit, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The field of `when`.
    pub field: String,
    /// What was wanted and what was there.
    pub why: String,
    /// How many fields fitted before it: the most is the nearest.
    pub fitted: usize,
}

/// Checks every field in turn. Words are made for a mismatch only.
///
/// # Errors
/// The first field that does not fit.
pub fn fits(when: &When, call: &Call) -> Result<(), Mismatch> {
    let mut fitted = 0;
    shape(when, call, &mut fitted)?;
    content(when, call, &mut fitted)
}

/// Counts a field that fits; says what was wanted and what was there when it does not.
fn check(
    fitted: &mut usize,
    field: &str,
    fit: bool,
    wanted_and_there: impl FnOnce() -> (String, String),
) -> Result<(), Mismatch> {
    if fit {
        *fitted += 1;
        return Ok(());
    }
    let (wanted, there) = wanted_and_there();
    let why = format!("wanted {wanted}, the request has {there}");
    Err(Mismatch { field: field.to_owned(), why, fitted: *fitted })
}

/// Operation, model, turn, headers.
fn shape(when: &When, call: &Call, fitted: &mut usize) -> Result<(), Mismatch> {
    if let Some(names) = &when.operation {
        let name = call.operation.name();
        check(fitted, "operation", names.all().contains(&name), || {
            (names.all().join(" or "), name.to_owned())
        })?;
    }
    if let Some(model) = &when.model {
        check(fitted, "model", model.fits(&call.model_id), || (model.to_string(), call.model_id.clone()))?;
    }
    if let Some(turn) = when.turn {
        let asked = call.assistant_turns() + 1;
        check(fitted, "turn", turn == asked, || (turn.to_string(), asked.to_string()))?;
    }
    for (name, rule) in &when.headers {
        let value = call.header(name);
        let there = || (rule.to_string(), value.unwrap_or("(none)").to_owned());
        check(fitted, &format!("headers {name}"), value.is_some_and(|value| rule.fits(value)), there)?;
    }
    Ok(())
}

/// Text, tool results, JSONPath.
fn content(when: &When, call: &Call, fitted: &mut usize) -> Result<(), Mismatch> {
    if let Some(text) = &when.text {
        let last = last_text(call);
        check(fitted, "text", text.fits(&last), || (text.to_string(), format!("{last:?}")))?;
    }
    if let Some(ids) = &when.tool_results {
        let there = result_ids(call);
        let fit = ids.len() == there.len() && ids.iter().all(|id| there.contains(id));
        check(fitted, "toolResults", fit, || (format!("{ids:?}"), format!("{there:?}")))?;
    }
    for (path, wanted) in &when.json {
        let found = select(path, &call.body);
        let fit = found.contains(&wanted);
        check(fitted, &format!("json {path}"), fit, || (wanted.to_string(), words(&found)))?;
    }
    Ok(())
}

/// What a JSONPath selects; a path that does not parse (the loader refuses those) selects nothing.
fn select<'a>(path: &str, body: &'a Value) -> Vec<&'a Value> {
    JsonPath::parse(path).map(|parsed| parsed.query(body).all()).unwrap_or_default()
}

fn words(found: &[&Value]) -> String {
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    if words.is_empty() { "nothing there".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_wire::Operation;
    use serde_json::json;

    fn call() -> Call {
        Call {
            operation: Operation::ConverseStream,
            model_id: "us.amazon.nova-pro-v1:0".into(),
            base: String::new(),
            headers: vec![("user-agent".into(), "Boto3/1.44.5".into())],
            body: json!({"inferenceConfig": {"maxTokens": 5}, "messages": [
                {"role": "user", "content": [{"text": "What is the weather?"}]},
                {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a"}}, {"toolUse": {"toolUseId": "b"}}]},
                {"role": "user", "content": [{"toolResult": {"toolUseId": "a"}}, {"toolResult": {"toolUseId": "b"}}]}
            ]}),
        }
    }

    fn check(when: Value, failing: Option<&str>) {
        let when: When = serde_json::from_value(when).unwrap();
        assert_eq!(fits(&when, &call()).err().map(|miss| miss.field).as_deref(), failing, "{when:?}");
    }

    #[test]
    fn every_field_is_compared() {
        check(json!({}), None);
        check(
            json!({"operation": ["Converse", "ConverseStream"], "model": "nova", "turn": 2, "text": "weather"}),
            None,
        );
        check(
            json!({"toolResults": ["b", "a"], "json": {"$.inferenceConfig.maxTokens": 5}, "headers": {"user-agent": "Boto3"}}),
            None,
        );
        check(json!({"operation": "Converse"}), Some("operation"));
        check(json!({"model": {"equals": "nova"}}), Some("model"));
        check(json!({"turn": 1}), Some("turn"));
        check(json!({"text": "time"}), Some("text"));
        check(json!({"toolResults": ["a"]}), Some("toolResults"));
        check(json!({"json": {"$.messages[0].role": "assistant"}}), Some("json $.messages[0].role"));
        check(json!({"headers": {"x-none": "a"}}), Some("headers x-none"));
    }

    #[test]
    fn a_mismatch_says_what_was_there() {
        let when: When = serde_json::from_value(json!({"model": "nova", "turn": 1})).unwrap();
        let miss = fits(&when, &call()).unwrap_err();
        assert_eq!((miss.why.as_str(), miss.fitted), ("wanted 1, the request has 2", 1));
    }
}
