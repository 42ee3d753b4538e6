//! How the checker says what is wrong with a value. Words only: it finds nothing itself.

use crate::node::{Kind, Node};
use crate::problem::Problem;
use serde_json::Value;

/// The value is of another type than the ones that are wanted.
pub(crate) fn wrong_type(wanted: &[&str], node: &Node, path: &str) -> Problem {
    let mut names: Vec<String> =
        wanted.iter().filter(|name| **name != "null").map(|name| article(name)).collect();
    names.dedup();
    let message = format!("wanted {}, this is {}", names.join(" or "), describe(node));
    let problem = Problem::new(path, node.place, message);
    match (names.first().map(String::as_str), &node.kind) {
        (Some("a list"), _) => problem.hint("put it in brackets, or begin each item with `- `"),
        (Some("a text"), Kind::Scalar(_)) => problem.hint("put it in quotes"),
        (Some("true or false"), Kind::Scalar(Value::String(_))) => problem.hint("write true or false"),
        (Some("a number" | "a whole number"), Kind::Scalar(Value::String(_))) => {
            problem.hint("write it without quotes or units")
        }
        _ => problem,
    }
}

/// Which limit of the schema `number` breaks.
pub(crate) fn out_of_range(schema: &Value, number: f64) -> Option<String> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    match (limit("minimum"), limit("maximum")) {
        (Some(low), Some(high)) if low == high && number != low => Some(format!("{number} is not {low}")),
        (Some(low), _) if number < low => Some(format!("{number} is less than {low}")),
        (_, Some(high)) if number > high => Some(format!("{number} is more than {high}")),
        _ => None,
    }
}

/// What a value is, for people.
pub(crate) fn describe(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Map(_) => "a map",
        Kind::List(_) => "a list",
        Kind::Scalar(Value::Null) => "nothing",
        Kind::Scalar(Value::Bool(_)) => "true or false",
        Kind::Scalar(Value::Number(_)) => "a number",
        Kind::Scalar(_) => "a text",
    }
}

/// What a schema's type is, for people.
pub(crate) fn article(name: &str) -> String {
    match name {
        "object" => "a map",
        "array" => "a list",
        "string" => "a text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        _ => "nothing",
    }
    .to_owned()
}
