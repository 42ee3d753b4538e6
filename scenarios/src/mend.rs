//! Reads on after a problem, so that one file's problems are all said at once.

use crate::node::{Node, Place};
use crate::problem::Problem;
use serde_json::{Map, Value, json};

/// The document without what `problems` speak of: bad members are left out, bad replies and faults stand as ones
/// that no later check objects to, so that the others keep their numbers.
pub(crate) fn without(schema: &Value, node: &Node, problems: &[Problem]) -> Value {
    let Value::Object(mut members) = node.to_value() else { return Value::Null };
    let known = schema.get("properties").and_then(Value::as_object);
    members.retain(|name, _| known.is_none_or(|known| known.contains_key(name)));
    for problem in problems {
        leave_out(&mut members, &problem.path);
    }
    members.entry("faultline").or_insert(json!(1));
    Value::Object(members)
}

fn leave_out(members: &mut Map<String, Value>, path: &str) {
    let mut steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    let Some(name) = steps.next() else { return };
    let stand_in = match name {
        "replies" => json!({ "improvise": {} }),
        "faults" => json!({ "do": "throttle" }),
        _ => return drop(members.shift_remove(name)),
    };
    let item = steps.next().and_then(|at| members.get_mut(name)?.get_mut(at.parse::<usize>().ok()?));
    match item {
        Some(item) => *item = stand_in,
        None => drop(members.shift_remove(name)),
    }
}

/// What the parser says, in words for authors instead of programmers.
pub(crate) fn syntax(error: &serde_saphyr::Error, place: Place) -> Problem {
    let text = error.without_snippet().to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let (message, hint) = if let Some(name) = text.strip_prefix("duplicate mapping key: ") {
        let name = name.split(',').next().unwrap_or(name);
        (format!("`{name}` is given twice"), "keep one of them")
    } else if text.contains("budget") || text.contains("recursion limit") {
        (text.to_owned(), "no scenario is that large or nests that deep")
    } else if text.starts_with("multiple YAML documents") {
        ("a second document begins here".to_owned(), "a file holds one scenario: make it two files")
    } else {
        (text.to_owned(), "this is no YAML from here on: look at quotes, brackets and indentation up to here")
    };
    Problem::new("", place, message).hint(hint)
}
