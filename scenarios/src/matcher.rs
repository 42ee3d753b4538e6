//! Does a request fit a `when`? And if not, which field failed, in words.

use crate::file::When;
use faultline_wire::Call;
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

/// Checks every field in turn.
///
/// # Errors
/// The first field that does not fit.
pub fn fits(when: &When, call: &Call) -> Result<(), Mismatch> {
    let checks = checks(when, call);
    for (fitted, (field, why)) in checks.into_iter().enumerate() {
        if let Some(why) = why {
            return Err(Mismatch { field, why, fitted });
        }
    }
    Ok(())
}

/// Every field that is given, with what is wrong with it.
fn checks(when: &When, call: &Call) -> Vec<(String, Option<String>)> {
    let mut checks = Vec::new();
    let mut add = |field: &str, why: Option<String>| checks.push((field.to_owned(), why));
    if let Some(names) = &when.operation {
        let name = call.operation.name();
        add("operation", differs(names.all().contains(&name), &names.all().join(" or "), name));
    }
    if let Some(model) = &when.model {
        add("model", differs(model.fits(&call.model_id), model, &call.model_id));
    }
    if let Some(turn) = when.turn {
        let asked = call.assistant_turns() + 1;
        add("turn", differs(turn == asked, &turn, &asked));
    }
    if let Some(text) = &when.text {
        let last = last_text(call);
        add("text", differs(text.fits(&last), text, &format!("{last:?}")));
    }
    if let Some(ids) = &when.tool_results {
        let there = result_ids(call);
        let fit = ids.len() == there.len() && ids.iter().all(|id| there.contains(id));
        add("toolResults", differs(fit, &format!("{ids:?}"), &format!("{there:?}")));
    }
    for (path, wanted) in &when.json {
        add(&format!("json {path}"), selects(path, wanted, &call.body));
    }
    for (name, rule) in &when.headers {
        let value = call.header(name);
        add(
            &format!("headers {name}"),
            differs(value.is_some_and(|v| rule.fits(v)), rule, value.unwrap_or("(none)")),
        );
    }
    checks
}

fn differs(
    fit: bool,
    wanted: &(impl std::fmt::Display + ?Sized),
    there: &(impl std::fmt::Display + ?Sized),
) -> Option<String> {
    (!fit).then(|| format!("wanted {wanted}, the request has {there}"))
}

fn selects(path: &str, wanted: &Value, body: &Value) -> Option<String> {
    let Ok(parsed) = JsonPath::parse(path) else { return Some(format!("{path} is no JSONPath")) };
    let found = parsed.query(body);
    let fit = found.iter().any(|value| *value == wanted);
    let there: Vec<String> = found.iter().map(ToString::to_string).collect();
    differs(
        fit,
        wanted,
        if there.is_empty() { "nothing there".to_owned() } else { there.join(", ") }.as_str(),
    )
}

/// The text of the last user message that has any.
pub fn last_text(call: &Call) -> String {
    let mut messages = call.messages();
    messages.reverse();
    messages
        .into_iter()
        .filter(|message| message.role() == "user")
        .map(faultline_wire::message::Message::text)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// The text of the first user message.
pub fn first_text(call: &Call) -> String {
    call.messages().first().map(|message| message.text()).unwrap_or_default()
}

fn result_ids(call: &Call) -> Vec<String> {
    let messages = call.messages();
    messages
        .last()
        .map(|last| last.tool_result_ids().into_iter().map(str::to_owned).collect())
        .unwrap_or_default()
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
