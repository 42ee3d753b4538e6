//! Secrets out of what is kept: before the first write, each by a name that stays the same wherever it comes again.
//!
//! Built in are the shapes of [`faultline_wire::secret`] and headers that hold secrets; users add their own rules. What
//! is replaced is counted by its kind and never shown.

mod rules;
mod stream;

pub use rules::{Rule, RuleError};
pub use stream::StreamRedactor;

use crate::take::Chunk;
use faultline_scenarios::exchange::safe_headers;
use faultline_wire::secret::{self, Found, Kind};
use faultline_wire::{Call, Header};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What replaces secrets. Shared by everything that one recording keeps, so that names match across turns.
#[derive(Debug, Default)]
pub struct Redactor {
    rules: Arc<[Rule]>,
    names: Arc<Mutex<Names>>,
    uncounted: bool,
}

/// The names that were given so far.
#[derive(Debug, Default)]
struct Names {
    given: HashMap<String, String>,
    /// How many secrets of a kind there are, and how often one was replaced.
    counts: BTreeMap<String, (usize, usize)>,
}

impl Redactor {
    /// The built-in shapes and these rules.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules: rules.into(), ..Self::default() }
    }

    /// One that gives the same names and counts nothing: for what is looked at and not written.
    pub fn uncounted(&self) -> Self {
        Self { rules: self.rules.clone(), names: self.names.clone(), uncounted: true }
    }

    /// How often something of each kind was replaced, and how many different ones there were: `(kind, different, times)`.
    pub fn counts(&self) -> Vec<(String, usize, usize)> {
        let counts =
            |(kind, (different, times)): (&String, &(usize, usize))| (kind.clone(), *different, *times);
        self.names().counts.iter().map(counts).collect()
    }

    /// A text without its secrets.
    pub fn text(&self, text: &str) -> String {
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for Finding { range, kind, name } in self.findings(text) {
            out.push_str(&text[at..range.start]);
            out.push_str(&name);
            at = range.end;
            self.count(&kind);
        }
        out.push_str(&text[at..]);
        out
    }

    /// Every secret in a text, in order; what was given as a name before is none.
    fn findings(&self, text: &str) -> Vec<Finding> {
        let known =
            secret::find(text).into_iter().map(|Found { range, kind }| (range, kind.name(), Some(kind)));
        let mut all: Vec<(Range<usize>, &str, Option<Kind>)> = known.collect();
        for rule in self.rules.iter() {
            for found in rule.pattern().into_iter().flat_map(|pattern| pattern.find_iter(text)) {
                let range = found.range();
                if !range.is_empty()
                    && all.iter().all(|(other, ..)| other.end <= range.start || range.end <= other.start)
                {
                    all.push((range, rule.name(), None));
                }
            }
        }
        all.retain(|(range, _, kind)| !is_a_name(*kind, &text[range.clone()]));
        all.sort_by_key(|(range, ..)| range.start);
        let named = |(range, name, kind): (Range<usize>, &str, Option<Kind>)| Finding {
            name: self.name(name, kind, &text[range.clone()]),
            kind: name.to_owned(),
            range,
        };
        all.into_iter().map(named).collect()
    }

    /// A JSON value without secrets in its texts and in the names of its members; what a rule's JSONPath selects is
    /// replaced whole.
    pub fn value(&self, value: &mut Value) {
        for rule in self.rules.iter() {
            for pointer in rule.places(value) {
                if let Some(place) = value.pointer_mut(&pointer) {
                    let whole = place.as_str().map_or_else(|| place.to_string(), str::to_owned);
                    if !is_a_name(None, &whole) {
                        *place = Value::String(self.name(rule.name(), None, &whole));
                        self.count(rule.name());
                    }
                }
            }
        }
        self.texts(value);
    }

    fn texts(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let redacted = self.text(text);
                if redacted != *text {
                    *text = redacted;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.texts(item)),
            Value::Object(members) => {
                members.values_mut().for_each(|value| self.texts(value));
                if members.keys().any(|name| self.text(name) != *name) {
                    let renamed = std::mem::take(members).into_iter();
                    *members = renamed.map(|(name, value)| (self.text(&name), value)).collect();
                }
            }
            _ => {}
        }
    }

    /// Headers without secrets.
    pub fn headers(&self, headers: Vec<Header>) -> Vec<Header> {
        let redacted = |(name, value): Header| {
            let value = self.text(&value);
            (name, value)
        };
        safe_headers(headers).into_iter().map(redacted).collect()
    }

    /// A request without secrets.
    pub fn call(&self, call: &Call) -> Call {
        let mut body = call.body.clone();
        self.value(&mut body);
        Call {
            operation: call.operation,
            model_id: self.text(&call.model_id),
            base: call.base.clone(),
            headers: self.headers(call.headers.clone()),
            body,
        }
    }

    /// The bytes of a body: as JSON where it is JSON, as text where it is text; what is neither is looked through for
    /// secrets in ASCII, each of which becomes as many `x`.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return self.body_text(text).into_bytes();
        }
        // One byte a character, so that places are the same.
        let ascii: String =
            bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{1}' }).collect();
        let mut out = bytes.to_vec();
        for finding in self.findings(&ascii) {
            self.count(&finding.kind);
            out[finding.range].fill(b'x');
        }
        out
    }

    /// The pieces of a body without secrets. Where a secret was, places have moved: then the whole comes when its last piece
    /// came.
    pub(crate) fn chunks(&self, chunks: Vec<Chunk>) -> Vec<Chunk> {
        let whole: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
        let clean = self.bytes(&whole);
        match chunks.last() {
            Some(last) if clean != whole => vec![Chunk { at: last.at, bytes: clean.into() }],
            _ => chunks,
        }
    }

    fn body_text(&self, text: &str) -> String {
        match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                let before = value.clone();
                self.value(&mut value);
                // What holds no secret stays as it was written, spaces and all.
                if value == before { text.to_owned() } else { value.to_string() }
            }
            Err(_) => self.text(text),
        }
    }

    /// The name of a secret, the same each time.
    fn name(&self, label: &str, kind: Option<Kind>, secret: &str) -> String {
        let mut names = self.names();
        if let Some(name) = names.given.get(secret) {
            return name.clone();
        }
        let (different, _) = names.counts.entry(label.to_owned()).or_default();
        *different += 1;
        let name = match kind {
            // An ARN stays an ARN, an address an address.
            Some(Kind::AccountId) => format!("{different:012}"),
            Some(Kind::Email) => format!("email-{different}{AT}"),
            _ => format!("redacted-{label}-{different}"),
        };
        names.given.insert(secret.to_owned(), name.clone());
        name
    }

    /// One more was replaced.
    fn count(&self, label: &str) {
        if !self.uncounted {
            self.names().counts.entry(label.to_owned()).or_default().1 += 1;
        }
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host of addresses that stand for others (RFC 2606 reserves `.invalid`).
const AT: &str = "@redacted.invalid";

/// Whether what was found is a name that was given before: to redact twice changes nothing.
fn is_a_name(kind: Option<Kind>, found: &str) -> bool {
    match kind {
        Some(Kind::AccountId) => found.starts_with("00000000"),
        Some(Kind::Email) => found.ends_with(AT),
        _ => found.starts_with("redacted-"),
    }
}

/// A secret in a text.
#[derive(Clone, Debug)]
struct Finding {
    range: Range<usize>,
    /// What it is, as the report calls it.
    kind: String,
    /// What takes its place.
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key() -> String {
        format!("AKIA{}", "A1B2C3D4E5F6G7H8")
    }

    #[test]
    fn a_secret_has_one_name_wherever_it_comes() {
        let redactor = Redactor::default();
        let text = format!("{} and jo@example.org and {} and al@example.org", key(), key());
        let expected = "redacted-access-key-id-1 and email-1@redacted.invalid and redacted-access-key-id-1 and email-2@redacted.invalid";
        assert_eq!(redactor.text(&text), expected);
        assert_eq!(redactor.text("jo@example.org"), "email-1@redacted.invalid");
        assert_eq!(redactor.text(expected), expected, "twice is once");
        assert_eq!(redactor.counts(), [("access-key-id".to_owned(), 1, 2), ("email".to_owned(), 2, 3)]);
    }

    #[test]
    fn an_arn_stays_an_arn() {
        let redactor = Redactor::default();
        let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/x";
        let expected = "arn:aws:bedrock:us-east-1:000000000001:inference-profile/x";
        assert_eq!((redactor.text(arn).as_str(), redactor.text(expected).as_str()), (expected, expected));
    }

    #[test]
    fn values_are_redacted_in_texts_and_names() {
        let redactor = Redactor::new(vec![
            Rule::path("ssn", "$..ssn").unwrap(),
            Rule::regex("order", "A-[0-9]+").unwrap(),
        ]);
        let mut value = json!({"jo@example.org": ["A-10293", {"ssn": 123, "n": 1.5}], "ssn": "456"});
        redactor.value(&mut value);
        let expected = json!({"email-1@redacted.invalid": ["redacted-order-1", {"ssn": "redacted-ssn-1", "n": 1.5}], "ssn": "redacted-ssn-2"});
        let same = |one: &Value, other: &Value| one.to_string().len() == other.to_string().len();
        assert!(same(&value, &expected), "{value}");
        assert!(!value.to_string().contains("456") && !value.to_string().contains("123"));
    }

    #[test]
    fn bytes_are_redacted_in_every_form() {
        let redactor = Redactor::default();
        let json = format!(r#"{{ "a": "{}" }}"#, key());
        assert_eq!(redactor.bytes(json.as_bytes()), br#"{"a":"redacted-access-key-id-1"}"#);
        assert_eq!(redactor.bytes(br#"{ "a" : 1 }"#), br#"{ "a" : 1 }"#, "as it was written");
        assert_eq!(
            redactor.bytes(format!("<p>{}</p>", key()).as_bytes()),
            b"<p>redacted-access-key-id-1</p>"
        );
        let raw = [&[0xFF, b' '][..], key().as_bytes(), &[b' ', 0xFE]].concat();
        assert_eq!(redactor.bytes(&raw), [&[0xFF, b' '][..], &[b'x'; 20], &[b' ', 0xFE]].concat());
    }
}
