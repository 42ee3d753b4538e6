//! Inputs against schemas, and what is wrong in words for the model. Pure.

use jsonschema::Validator;
use serde_json::{Map, Value};

/// How many problems are named; a model corrects a few at a time.
const NAMED: usize = 5;
/// How long one problem may be, in characters: it may quote the input.
const LONGEST: usize = 200;

/// A schema that is ready to check inputs.
#[derive(Debug)]
pub(crate) struct InputCheck(Validator);

impl InputCheck {
    /// Reads a schema; the error says what is wrong with it. References to other documents are not fetched.
    pub(super) fn new(schema: &Value) -> Result<Self, String> {
        jsonschema::validator_for(schema).map(Self).map_err(|error| error.to_string())
    }

    /// What is wrong with an input, or nothing.
    pub(crate) fn check(&self, input: &Map<String, Value>) -> Result<(), String> {
        let input = Value::Object(input.clone());
        let mut problems: Vec<_> =
            self.0.iter_errors(&input).take(NAMED + 1).map(|error| in_words(&error)).collect();
        if problems.is_empty() {
            return Ok(());
        }
        if problems.len() > NAMED {
            problems.truncate(NAMED);
            problems.push("and more".to_owned());
        }
        Err(problems.join("; "))
    }
}

fn in_words(error: &jsonschema::ValidationError<'_>) -> String {
    let (place, mut what) = (error.instance_path().to_string(), error.to_string());
    if what.chars().count() > LONGEST {
        what = what.chars().take(LONGEST).chain("...".chars()).collect();
    }
    if place.is_empty() { what } else { format!("at {place}: {what}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &Value, expected: Result<(), &str>) {
        let schema = json!({
            "type": "object",
            "properties": {"id": {"type": "string"}, "n": {"type": "array", "items": {"type": "integer"}}},
            "required": ["id"]
        });
        let result = InputCheck::new(&schema).unwrap().check(input.as_object().unwrap());
        assert_eq!(result.as_ref().map(|_| ()).map_err(String::as_str), expected, "{input}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        check(&json!({"id": "a", "n": [1, 2], "other": null}), Ok(()));
        check(&json!({}), Err("\"id\" is a required property"));
        check(&json!({"id": 7}), Err("at /id: 7 is not of type \"string\""));
        let two = "at /id: 7 is not of type \"string\"; at /n/1: \"x\" is not of type \"integer\"";
        check(&json!({"id": 7, "n": [1, "x"]}), Err(two));
    }

    #[test]
    fn a_long_list_and_a_long_quotation_are_cut() {
        let schema = InputCheck::new(&json!({"additionalProperties": {"type": "null"}})).unwrap();
        let many: Map<_, _> = (0..9).map(|n| (format!("k{n}"), json!("x".repeat(999)))).collect();
        let problems = schema.check(&many).unwrap_err();
        assert!(problems.ends_with("; and more") && problems.len() < 1300, "{problems}");
        assert!(problems.starts_with("at /k0: \"xxx"), "{problems}");
    }

    #[test]
    fn a_schema_that_is_none_is_refused_without_fetching_anything() {
        assert!(InputCheck::new(&json!({"type": "objekt"})).is_err());
        assert!(InputCheck::new(&json!({"$ref": "http://127.0.0.1:9/x.json"})).is_err());
    }
}
