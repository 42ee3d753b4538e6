//! `parameters` of a file: one document becomes one document for each combination of values.
//!
//! It works on the tree of what was written, before anything else reads it, so every place stays the one in the file.
//! It knows nothing of what a scenario means.

use crate::file::ScenarioFile;
use crate::near::with_guess;
use crate::node::{Kind, Member, Node, Place};
use crate::problem::Problem;
use crate::template::{filled, names, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// The member that holds them.
const KEY: &str = "parameters";

/// What `${case}` stands for: the name of the combination.
const CASE: &str = "case";

/// The most combinations that one file may stand for.
pub const MOST: usize = 200;

/// How a value that is no placeholder may look like one.
const ESCAPE: &str = "write `$${…}` for a text that holds `${…}`";

/// One combination of values: what it is called, empty for a file without parameters, and its document.
pub(crate) struct Combination {
    pub(crate) case: String,
    pub(crate) node: Node,
}

/// A parameter: its values, each with the short name that the scenario's name gets.
struct Parameter<'a> {
    name: &'a str,
    values: Vec<(String, Value)>,
}

/// The name of the file that `scenario` comes from: the scenario's name without the values of its parameters.
pub fn file_name<'a>(scenario: &'a str, file: &ScenarioFile) -> &'a str {
    let values = file.parameters.len();
    scenario.rsplitn(values + 1, '/').nth(values).unwrap_or(scenario)
}

/// Every combination that the document stands for: the document itself where it has no parameters.
///
/// # Errors
/// Everything that is wrong with the parameters and with the places that name them.
pub(crate) fn expand(root: &Node) -> Result<Vec<Combination>, Vec<Problem>> {
    let declared = match root.child(KEY).map(|node| &node.kind) {
        Some(Kind::Map(members)) if !members.is_empty() => members,
        // Something else than a map is the schema's to object to.
        _ => return Ok(vec![Combination { case: String::new(), node: root.clone() }]),
    };
    let parameters = declarations(declared)?;
    uses(root, declared)?;
    within_bounds(root, &parameters)?;
    Ok(combinations(&parameters).iter().map(|values| combination(root, &parameters, values)).collect())
}

fn declarations(members: &[Member]) -> Result<Vec<Parameter<'_>>, Vec<Problem>> {
    let (mut parameters, mut problems) = (Vec::new(), Vec::new());
    for (name, place, node) in members {
        match parameter(name, *place, node) {
            Ok(parameter) => parameters.push(parameter),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(parameters) } else { Err(problems) }
}

fn parameter<'a>(name: &'a str, place: Place, node: &Node) -> Result<Parameter<'a>, Problem> {
    let path = format!("{KEY}.{name}");
    if !is_name(name) || name == CASE {
        let hint = format!("letters, digits and `_`, and not `{CASE}`, which is the name of the combination");
        return Err(Problem::new(KEY, place, format!("`{name}` cannot be a parameter's name")).hint(hint));
    }
    let values: Vec<(String, &Node)> = match &node.kind {
        Kind::List(items) => items.iter().map(|item| (short(&text(&item.to_value())), item)).collect(),
        Kind::Map(members) => members.iter().map(|(name, _, value)| (short(name), value)).collect(),
        Kind::Scalar(_) => Vec::new(),
    };
    if values.is_empty() {
        let problem = Problem::new(path, node.place, "wanted values, there is none");
        return Err(problem.hint("a list of values, or a map from a short name to a value"));
    }
    let mut named = BTreeSet::new();
    for (short, value) in &values {
        if !matches!(value.kind, Kind::Scalar(_)) {
            let problem = Problem::new(path, value.place, "a value is a text, a number, true, false or null");
            return Err(problem.hint("a list of such values, or a map from a short name to one"));
        }
        if short.is_empty() || !named.insert(short) {
            let problem = Problem::new(path, value.place, format!("the short name `{short}` is not its own"));
            return Err(problem.hint("name the values: `{ short: value, other: value }`"));
        }
    }
    Ok(Parameter { name, values: values.into_iter().map(|(short, node)| (short, node.to_value())).collect() })
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A text as a part of a scenario's name, which is also a session's name and a part of a URL.
fn short(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    text.chars().map(safe).collect()
}

/// Every placeholder names a parameter, and every parameter is named by one.
fn uses(root: &Node, declared: &[Member]) -> Result<(), Vec<Problem>> {
    let (mut used, mut problems) = (BTreeSet::new(), Vec::new());
    let known: Vec<&str> = declared.iter().map(|(name, ..)| name.as_str()).chain([CASE]).collect();
    walk(root, "", &mut |text, place, path| {
        for name in names(text) {
            if !known.contains(&name) {
                let message = format!("`${{{name}}}` is no parameter: {}", known.join(", "));
                let problem = Problem::new(path, place, message).hint(ESCAPE);
                problems.push(with_guess(problem, name, known.iter().copied()));
            }
            used.insert(name.to_owned());
        }
    });
    for (name, place, _) in declared.iter().filter(|(name, ..)| !used.contains(name)) {
        let problem = Problem::new(KEY, *place, format!("the parameter `{name}` is never used"));
        problems.push(problem.hint(format!("write `${{{name}}}` where its value belongs, or leave it out")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn within_bounds(root: &Node, parameters: &[Parameter<'_>]) -> Result<(), Vec<Problem>> {
    let count = parameters.iter().fold(1_usize, |count, next| count.saturating_mul(next.values.len()));
    if count <= MOST {
        return Ok(());
    }
    let message = format!("{count} combinations, a file may have {MOST}");
    let place = root.nearest([KEY]).place;
    Err(vec![Problem::new(KEY, place, message).hint("take fewer values, or make it several files")])
}

/// Shows every text of the document with its place and path, keys too; the parameters themselves are left out.
fn walk(node: &Node, path: &str, see: &mut impl FnMut(&str, Place, &str)) {
    match &node.kind {
        Kind::Scalar(Value::String(text)) => see(text, node.place, path),
        Kind::Scalar(_) => {}
        Kind::List(items) => {
            items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{path}[{at}]"), see));
        }
        Kind::Map(members) => {
            for (name, place, value) in members.iter().filter(|(name, ..)| !(path.is_empty() && name == KEY))
            {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                see(name, *place, &below);
                walk(value, &below, see);
            }
        }
    }
}

/// For each combination the place of its value in each parameter; the last parameter changes first.
fn combinations(parameters: &[Parameter<'_>]) -> Vec<Vec<usize>> {
    parameters.iter().fold(vec![Vec::new()], |before, next| {
        let with = |head: &Vec<usize>, at| head.iter().copied().chain([at]).collect();
        before.iter().flat_map(|head| (0..next.values.len()).map(move |at| with(head, at))).collect()
    })
}

fn combination(root: &Node, parameters: &[Parameter<'_>], chosen: &[usize]) -> Combination {
    let chosen = parameters.iter().zip(chosen).map(|(of, at)| (of.name, &of.values[*at]));
    let case = chosen.clone().map(|(_, (short, _))| short.as_str()).collect::<Vec<_>>().join("/");
    let mut values: Vec<(&str, Value)> = chosen.map(|(name, (_, value))| (name, value.clone())).collect();
    values.push((CASE, case.as_str().into()));
    let Kind::Map(members) = &root.kind else { return Combination { case, node: root.clone() } };
    let fill = |(name, place, node): &Member| match name.as_str() {
        KEY => (name.clone(), *place, node.clone()),
        _ => filled_member(name, *place, node, &values),
    };
    let kind = Kind::Map(members.iter().map(fill).collect());
    Combination { case, node: Node { kind, place: root.place } }
}

fn filled_member(name: &str, place: Place, node: &Node, values: &[(&str, Value)]) -> Member {
    (text(&filled(name, values)), place, filled_node(node, values))
}

fn filled_node(node: &Node, values: &[(&str, Value)]) -> Node {
    let kind = match &node.kind {
        Kind::Scalar(Value::String(text)) => Kind::Scalar(filled(text, values)),
        Kind::Scalar(other) => Kind::Scalar(other.clone()),
        Kind::List(items) => Kind::List(items.iter().map(|item| filled_node(item, values)).collect()),
        Kind::Map(members) => Kind::Map(
            members.iter().map(|(name, place, node)| filled_member(name, *place, node, values)).collect(),
        ),
    };
    Node { kind, place: node.place }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(yaml: &str) -> Node {
        serde_saphyr::from_str(yaml).unwrap()
    }

    /// Each combination as `case: document`.
    fn expanded(yaml: &str) -> Vec<(String, Value)> {
        let Ok(all) = expand(&node(yaml)) else { panic!("{yaml}") };
        let without = |mut value: Value| {
            value.as_object_mut().unwrap().remove(KEY);
            value
        };
        all.into_iter().map(|one| (one.case, without(one.node.to_value()))).collect()
    }

    fn check(yaml: &str, expected: &[(&str, Value)]) {
        let expected: Vec<_> =
            expected.iter().map(|(case, value)| ((*case).to_owned(), value.clone())).collect();
        assert_eq!(expanded(yaml), expected, "{yaml}");
    }

    fn refused(yaml: &str, expected: &str) {
        let problems = expand(&node(yaml)).err().unwrap_or_default();
        let said: Vec<String> =
            problems.iter().map(|problem| format!("{}:{} {problem}", problem.line, problem.column)).collect();
        assert_eq!(said.join("; "), expected, "{yaml}");
    }

    #[test]
    fn a_document_without_parameters_is_itself_placeholders_and_all() {
        check("a: ${HOME}", &[("", json!({"a": "${HOME}"}))]);
        check("{a: 1, parameters: {}}", &[("", json!({"a": 1}))]);
    }

    #[test]
    fn every_combination_of_values_is_a_document_the_last_parameter_changing_first() {
        check(
            "parameters: {x: [1, 2], y: {p: up, q: down}}\na: '${x}'\nb: ['go ${y} ${x}']",
            &[
                ("1/p", json!({"a": 1, "b": ["go up 1"]})),
                ("1/q", json!({"a": 1, "b": ["go down 1"]})),
                ("2/p", json!({"a": 2, "b": ["go up 2"]})),
                ("2/q", json!({"a": 2, "b": ["go down 2"]})),
            ],
        );
    }

    #[test]
    fn a_placeholder_alone_is_the_value_and_within_a_text_its_text() {
        let values = "parameters: {x: {n: 5, t: true, e: null}}\na: ${x}\nb: <${x}>\nc: ${case}";
        check(
            values,
            &[
                ("n", json!({"a": 5, "b": "<5>", "c": "n"})),
                ("t", json!({"a": true, "b": "<true>", "c": "t"})),
                ("e", json!({"a": null, "b": "<null>", "c": "e"})),
            ],
        );
    }

    #[test]
    fn keys_are_filled_and_doubled_dollars_are_not() {
        check("parameters: {x: [k]}\n'${x}s': $${x} ${ $ 5$", &[("k", json!({"ks": "${x} ${ $ 5$"}))]);
    }

    #[test]
    fn values_become_parts_of_a_name() {
        check(
            "parameters: {x: [contentBlockDelta 0 nth 2, 40%, é/b]}\na: ${x}",
            &[
                ("contentBlockDelta_0_nth_2", json!({"a": "contentBlockDelta 0 nth 2"})),
                ("40_", json!({"a": "40%"})),
                ("__b", json!({"a": "é/b"})),
            ],
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        refused(
            "parameters: {fruit: [1]}\na: ${friut}",
            "2:4 a: `${friut}` is no parameter: fruit, case; 1:14 parameters: the parameter `fruit` is never used",
        );
        refused("parameters: {x: []}\na: ${x}", "1:17 parameters.x: wanted values, there is none");
        refused(
            "parameters: {x: [[1]]}\na: ${x}",
            "1:18 parameters.x: a value is a text, a number, true, false or null",
        );
        refused(
            "parameters: {x: [a b, a_b]}\na: ${x}",
            "1:23 parameters.x: the short name `a_b` is not its own",
        );
        refused("parameters: {case: [1]}", "1:14 parameters: `case` cannot be a parameter's name");
    }

    #[test]
    fn too_many_combinations_are_refused_before_they_are_made() {
        let ten = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
        refused(
            &format!("parameters: {{a: {ten}, b: {ten}, c: {ten}}}\nx: ${{a}}${{b}}${{c}}"),
            "1:13 parameters: 1000 combinations, a file may have 200",
        );
    }

    #[test]
    fn the_file_of_a_combination_is_its_name_without_the_values() {
        let with = |count: usize| ScenarioFile {
            parameters: (0..count).map(|at| (at.to_string(), json!([1]))).collect(),
            ..ScenarioFile::default()
        };
        assert_eq!(file_name("a/b", &with(0)), "a/b");
        assert_eq!(file_name("a/b/x/y", &with(2)), "a/b");
    }
}
