//! Parts of a scenario file on their own: faults and admissions that are added to a running server. They are held to
//! the same schema and the same sense as in a file.

use crate::admission::Admission;
use crate::file::{Fault, ScenarioFile};
use crate::load::{document, read_node};
use crate::node::{Kind, Member, Node, Place};
use crate::problem::Problems;
use serde_json::{Value, json};

/// Reads one fault or a list of them, each with its JSON as written. `shown` is what errors call the text, YAML or JSON.
///
/// # Errors
/// Every problem of the text. An aim at an event that no reply has is none: which reply is struck is not known here.
pub fn faults(shown: &str, text: &str) -> Result<Vec<(Fault, Value)>, Problems> {
    let (file, written) = read("faults", shown, text)?;
    Ok(file.faults.into_iter().zip(written).collect())
}

/// Reads one admission or a list of them, as [`faults`] does.
///
/// # Errors
/// Every problem of the text.
pub fn admissions(shown: &str, text: &str) -> Result<Vec<Admission>, Problems> {
    Ok(read("admission", shown, text)?.0.admission)
}

/// Reads `text` as the member `key` of a file that has nothing else but a reply.
fn read(key: &str, shown: &str, text: &str) -> Result<(ScenarioFile, Vec<Value>), Problems> {
    let refuse = |problems| Problems::new(shown, text, problems);
    let part = document(text).map_err(|problem| refuse(vec![problem]))?;
    let place = part.place;
    let items = match part.kind {
        Kind::List(items) => items,
        kind => vec![Node { kind, place }],
    };
    let written = items.iter().map(Node::to_value).collect();
    let list = Node { kind: Kind::List(items), place };
    let members = vec![plain("faultline", json!(1)), improvising(), (key.to_owned(), place, list)];
    let file = read_node(&Node { kind: Kind::Map(members), place }).map_err(refuse)?;
    Ok((file, written))
}

fn plain(name: &str, value: Value) -> Member {
    let place = Place::default();
    (name.to_owned(), place, Node { kind: Kind::Scalar(value), place })
}

/// Replies that may hold anything.
fn improvising() -> Member {
    let place = Place::default();
    let node = |kind| Node { kind, place };
    let improvise = ("improvise".to_owned(), place, node(Kind::Map(Vec::new())));
    let reply = node(Kind::Map(vec![improvise]));
    ("replies".to_owned(), place, node(Kind::List(vec![reply])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[&str], &[&str]>) {
        match (faults("body", text), expected) {
            (Ok(faults), Ok(names)) => {
                let found: Vec<_> = faults.iter().map(|(fault, _)| fault.kind.name()).collect();
                assert_eq!(found, names, "{text}");
            }
            (Err(problems), Err(parts)) => {
                let said = problems.to_text();
                assert_eq!(said.lines().count(), parts.len(), "{said}");
                parts.iter().for_each(|part| assert!(said.contains(part), "{said}"));
            }
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn one_fault_or_a_list_is_read_as_in_a_file() {
        check(r#"{"do": "throttle", "times": 2}"#, Ok(&["throttle"]));
        check(
            r#"[{"do": {"stall": {}}, "at": "contentBlockDelta 7"}, {"do": "no_stop"}]"#,
            Ok(&["stall", "no_stop"]),
        );
        check("{do: reset, at: end}", Ok(&["reset"]));
        check("[]", Ok(&[]));
    }

    #[test]
    fn every_problem_is_said_with_its_place() {
        check(r#"{"do": "reset"}"#, Err(&["body:1:1: faults[0]: `reset` needs `at`"]));
        check(
            "[{do: rezet, at: end},\n {do: throttle, time: 2}]",
            Err(&["body:1:7: faults[0].do", "body:2:17: faults[1]"]),
        );
        check("", Err(&["faults[0]"]));
        check("7", Err(&["faults[0]"]));
        check("{", Err(&["the file"]));
    }

    #[test]
    fn the_json_is_kept_as_written() {
        let faults = faults("body", "{do: reset, at: 50%, call: 2}").unwrap();
        assert_eq!(faults[0].1, json!({ "do": "reset", "at": "50%", "call": 2 }));
    }

    #[test]
    fn admissions_are_read_alike() {
        let list = admissions("body", r#"{"do": {"max_streams": 1}, "times": 3}"#).unwrap();
        assert_eq!(list[0].times, Some(3));
        let said = admissions("body", r#"{"do": "refuze"}"#).unwrap_err().to_text();
        assert!(said.starts_with("body:1:8: admission[0].do: `refuze`"), "{said}");
    }
}
