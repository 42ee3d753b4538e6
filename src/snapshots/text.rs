//! Exchanges as text that is the same in every run: no ids of ours, no ports, no measured times, keys in one order.
//!
//! What belongs to a moment or a machine inside a request or an answer (UUIDs, dates with times, loopback ports) becomes a word.

use super::content::{content, sorted};
use faultline_mock_bedrock::snapshot;
use faultline_scenarios::exchange::Exchange;
use regex::Regex;
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
        let _ = writeln!(out, "-- content --");
        let _ = writeln!(out, "{}", normal(&content(&exchange.timeline)));
    }
    // As a file is read: see `contents`.
    out.replace("\r\n", "\n").trim_end().to_owned()
}

fn normal(text: &str) -> String {
    PATTERNS
        .iter()
        .fold(text.to_owned(), |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
