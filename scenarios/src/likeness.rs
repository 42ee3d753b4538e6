//! Two texts that are the same but for what changes from run to run: dates and times, ids, secrets and what stands in their
//! places. A recording is found again by this likeness.

use faultline_wire::secret;
use regex::Regex;
use std::sync::LazyLock;

/// What may differ, each with the word that stands for it. The more special comes first.
const VOLATILE: [(&str, &str); 6] = [
    (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<uuid>"),
    (r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", "<date>"),
    (
        r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? )?(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b",
        "<date>",
    ),
    (r"\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp][Mm])?\b", "<time>"),
    (r"\b1\d{9}(?:\d{3})?\b", "<epoch>"),
    (r"\b[0-9a-f]{32,64}\b", "<hash>"),
];

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    // A test holds that each is a pattern.
    VOLATILE.iter().filter_map(|(shape, word)| Some((Regex::new(shape).ok()?, *word))).collect()
});

/// Whether the texts are the same but for what changes from run to run.
pub fn alike(one: &str, other: &str) -> bool {
    one == other || normal(one) == normal(other)
}

/// The text with a word for everything that may change, and single spaces.
pub fn normal(text: &str) -> String {
    let mut text = secret::replaced(text, |kind, _| format!("<{}>", kind.name()));
    for (pattern, word) in PATTERNS.iter() {
        text = pattern.replace_all(&text, *word).into_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_a_pattern() {
        assert_eq!(PATTERNS.len(), VOLATILE.len());
    }

    #[test]
    fn what_changes_from_run_to_run_makes_no_difference() {
        for (one, other) in [
            ("It is 2026-11-20T10:11:12.5Z now.", "It is 2025-01-02 now."),
            ("Today is Friday, November 20, 2026.", "Today is March 1st 2024."),
            ("at 10:11 pm", "at  9:05\nAM"),
            ("job 6f1c2d3e-0000-4000-8000-0123456789ab", "job 00000000-1111-4222-8333-444444444444"),
            ("since 1764240000123", "since 1700000000"),
            ("write to jo@example.org", "write to email-1@redacted.invalid"),
            ("sha 0123456789abcdef0123456789abcdef", "sha ffffffffffffffffffffffffffffffff"),
        ] {
            assert!(alike(one, other), "{} / {}", normal(one), normal(other));
        }
    }

    #[test]
    fn what_was_asked_makes_one() {
        for (one, other) in [
            ("Where is order A-10293?", "Where is order A-10294?"),
            ("the 5 of them", "the 6 of them"),
            ("Weather in Paris", "Weather in paris"),
            ("", "x"),
        ] {
            assert!(!alike(one, other), "{one} / {other}");
        }
    }
}
