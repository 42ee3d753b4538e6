//! Exchanges as text that is the same in every run: no ids of ours, no ports, no measured times, keys in one order.
//!
//! What belongs to a moment or a machine inside a request (UUIDs, dates with times, loopback ports) becomes a word.

use faultline_mock_bedrock::snapshot;
use faultline_scenarios::exchange::Exchange;
use regex::Regex;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

/// What changes from run to run, and the word that stands for it.
const VOLATILE: [(&str, &str); 3] = [
    (r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b", "[uuid]"),
    (r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?", "[time]"),
    (r"\b(127\.0\.0\.1|localhost):\d{2,5}\b", "$1:[port]"),
];

static PATTERNS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    VOLATILE.iter().filter_map(|(pattern, word)| Some((Regex::new(pattern).ok()?, *word))).collect()
});

/// The exchanges of one session, in the order of the requests.
pub(super) fn text(played: &[&Exchange]) -> String {
    let mut out = String::new();
    for (at, exchange) in played.iter().enumerate() {
        let _ = writeln!(out, "== request {} ==", at + 1);
        let body = sorted(&exchange.call.body);
        let _ = writeln!(out, "{}", normal(&format!("{body:#}")));
        let _ = writeln!(out, "-- answer --");
        let answer = Exchange { session: Arc::from(""), ..(*exchange).clone() };
        out.push_str(&normal(&snapshot(&[Arc::new(answer)])));
    }
    out.trim_end().to_owned()
}

/// The same value with the keys of every object in order: SDKs differ in theirs, and change them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            Value::Object(
                keys.into_iter().map(|key| (key.clone(), sorted(&members[key]))).collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn normal(text: &str) -> String {
    PATTERNS
        .iter()
        .fold(text.to_owned(), |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_changes_from_run_to_run_becomes_a_word() {
        for (given, expected) in [
            ("id 0b0f7c9a-1c2d-4e5f-8a9b-0c1d2e3f4a5b!", "id [uuid]!"),
            ("at 2026-01-31T10:20:30.5Z, then", "at [time], then"),
            ("2026-01-31 stays", "2026-01-31 stays"),
            ("http://127.0.0.1:40123/x", "http://127.0.0.1:[port]/x"),
            ("tooluse_a7", "tooluse_a7"),
        ] {
            assert_eq!(normal(given), expected);
        }
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(PATTERNS.len(), VOLATILE.len());
    }

    #[test]
    fn keys_are_in_one_order() {
        let value = json!({"b": [{"d": 1, "c": 2}], "a": 0});
        assert_eq!(sorted(&value).to_string(), r#"{"a":0,"b":[{"c":2,"d":1}]}"#);
    }
}
