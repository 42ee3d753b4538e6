//! YAML of other tools as trees: with anchors, tagged bytes and whatever else Python, Ruby, Go and Java write.
//!
//! Tags are data here, never instructions: `!!python/object` makes nothing.

use super::tree::Tree;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Number, Value};
use std::collections::HashMap;

/// How deep a document may nest: as deep as JSON.
const DEEPEST: usize = 128;

/// How many nodes aliases may stand for together: a small file must not become a large tree.
const MOST_REPEATED: usize = 100_000;

/// Base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The documents of a text.
///
/// # Errors
/// What is wrong with it, and in which line.
pub(super) fn documents(text: &str) -> Result<Vec<Tree>, String> {
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| error.to_string())?;
        let line = span.start.line();
        builder.take(event).map_err(|why| format!("line {line}: {why}"))?;
    }
    Ok(builder.documents)
}

/// A list or map that is not complete.
enum Open {
    List(Vec<Tree>),
    /// Members so far, and the name whose value is due.
    Map(Vec<(String, Tree)>, Option<String>),
}

#[derive(Default)]
struct Builder {
    documents: Vec<Tree>,
    /// What is open, each with its anchor; 0 is none.
    open: Vec<(Open, usize)>,
    anchors: HashMap<usize, Tree>,
    repeated: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tree = scalar(text.into_owned(), style, tag.as_deref())?;
                self.add(tree, anchor);
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Open::List(Vec::new()), anchor)?,
            Event::MappingStart(_, anchor, _) => self.begin(Open::Map(Vec::new(), None), anchor)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let tree =
                    self.anchors.get(&anchor).cloned().ok_or("an alias stands inside its own anchor")?;
                self.repeated += size(&tree);
                if self.repeated > MOST_REPEATED {
                    return Err("aliases stand for too much".to_owned());
                }
                self.add(tree, 0);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, open: Open, anchor: usize) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!("nested deeper than {DEEPEST} levels"));
        }
        self.open.push((open, anchor));
        Ok(())
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some((Open::List(items), anchor)) => self.add(Tree::List(items), anchor),
            Some((Open::Map(members, _), anchor)) => self.add(Tree::Map(members), anchor),
            None => {}
        }
    }

    fn add(&mut self, tree: Tree, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, tree.clone());
        }
        match self.open.last_mut() {
            None => self.documents.push(tree),
            Some((Open::List(items), _)) => items.push(tree),
            Some((Open::Map(members, name), _)) => match name.take() {
                Some(name) => members.push((name, tree)),
                // A name that Python wrote as an object holds its text in a list: `? !!python/… [Accept]`.
                None => *name = Some(tree.value().unwrap_or_default()),
            },
        }
    }
}

fn size(tree: &Tree) -> usize {
    match tree {
        Tree::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Tree::Map(members) => 1 + members.iter().map(|(_, value)| size(value)).sum::<usize>(),
        Tree::Text(text) => 1 + text.len() / 64,
        Tree::Bytes(bytes) => 1 + bytes.len() / 64,
        Tree::Scalar(_) => 1,
    }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Result<Tree, String> {
    match tag.map(Tag::suffix) {
        Some("binary") => {
            let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let bytes = BASE64.decode(packed).map_err(|why| format!("`!!binary` is no base64: {why}"))?;
            Ok(Tree::Bytes(bytes))
        }
        Some("str") => Ok(Tree::Text(text)),
        _ if matches!(style, ScalarStyle::Plain) => Ok(plain(text)),
        _ => Ok(Tree::Text(text)),
    }
}

/// A text without quotes: what the core schema of YAML takes for more than a text.
fn plain(text: String) -> Tree {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => return Tree::Scalar(Value::Null),
        "true" | "True" | "TRUE" => return Tree::Scalar(true.into()),
        "false" | "False" | "FALSE" => return Tree::Scalar(false.into()),
        _ => {}
    }
    number(&text).map_or(Tree::Text(text), |number| Tree::Scalar(Value::Number(number)))
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter)) {
        return None;
    }
    let digits = text.trim_start_matches(['+', '-']);
    let is_octal =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_octal || !digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        return None;
    }
    let whole = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
    whole.ok().or_else(|| Number::from_f64(text.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, expected: &Value) {
        assert_eq!(documents(text).unwrap()[0].to_json(), *expected, "{text}");
    }

    #[test]
    fn what_other_languages_write_is_read() {
        check("a: &x {b: 1}\nc: *x\n", &json!({"a": {"b": 1}, "c": {"b": 1}}));
        check("? !!python/object/apply:multidict.istr\n- Accept\n: - json\n", &json!({"Accept": ["json"]}));
        check("a: !binary |-\n  aGk=\nb: !!binary aGk\n", &json!({"a": "hi", "b": "hi"}));
        check(
            "[1, -2, 1.5, 1e3, 007, +5, 2026-01-02, no, ~, True, '1', !!str 1, 0x10, 1.2.3]",
            &json!([1, -2, 1.5, 1000.0, "007", 5, "2026-01-02", "no", null, true, "1", "1", "0x10", "1.2.3"]),
        );
        assert_eq!(documents("---\na: 1\n---\nb: 2\n").unwrap().len(), 2);
    }

    #[test]
    fn what_would_burst_is_refused() {
        let deep = "[".repeat(200);
        assert!(documents(&deep).is_err());
        let bomb: String = (0..30).fold("- &a0 [x,x,x]\n".to_owned(), |text, at| {
            let next = at + 1;
            format!("{text}- &a{next} [*a{at},*a{at},*a{at},*a{at},*a{at},*a{at}]\n")
        });
        assert!(documents(&bomb).unwrap_err().contains("aliases stand for too much"));
        assert!(documents("a: !!binary '%%'").unwrap_err().starts_with("line 1: `!!binary` is no base64"));
        assert!(documents("a: *b").is_err());
    }
}
