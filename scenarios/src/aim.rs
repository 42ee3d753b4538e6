//! Where a fault strikes: `at` of a fault.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Where a fault strikes. An action that a label names is delivered first, then the fault acts; faults that
/// change the action itself (half_frame, corrupt, slice, drip, duplicate, reorder, drop_event, union) change that one.
///
/// `head` (before the status line) · `start` · `end` · `EVENT` · `EVENT INDEX` (contentBlockIndex) · `EVENT nth N` or `EVENT INDEX nth N` (the nth of
/// them, from 1) · `bytes N` · `N%` · `N ms`
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(with = "String", example = "contentBlockDelta 1", example = "40%", example = "bytes 120")]
#[schemars(extend("x-form" = "aim"))]
pub enum Aim {
    /// Before the status line.
    Head,
    /// Before the first byte of the body.
    Start,
    /// After the last byte of the body, before its end.
    End,
    /// After an event.
    Label {
        /// Event or exception type.
        event: String,
        /// contentBlockIndex; any when left out.
        index: Option<u64>,
        /// The nth event that fits, from 1.
        nth: u64,
    },
    /// After so many bytes of the body.
    Bytes(usize),
    /// After so much of the body.
    Percent(f64),
    /// At so many milliseconds, before anything that is due later.
    Millis(u64),
}

pub(crate) const FORMS: &str = "write head, start, end, `contentBlockDelta 1`, `contentBlockDelta nth 3`, `bytes 120`, `40%` or `310 ms`";

impl Aim {
    /// Reads one of the written forms.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["head"] => Some(Self::Head),
            ["start"] => Some(Self::Start),
            ["end"] => Some(Self::End),
            ["bytes", number] => number.parse().ok().map(Self::Bytes),
            [number, "ms"] => number.parse().ok().map(Self::Millis),
            [number] if number.ends_with('%') => percent(number),
            [number] if number.ends_with("ms") => number.strip_suffix("ms")?.parse().ok().map(Self::Millis),
            [event, rest @ ..] if is_event(event) => label(event, rest),
            _ => None,
        }
    }

    /// Whether an event of that name and contentBlockIndex is one that the aim names, its count aside. Aims at anything
    /// but an event name none.
    pub fn names(&self, event: &str, index: Option<u64>) -> bool {
        matches!(self, Self::Label { event: wanted, index: block, .. }
            if wanted == event && (block.is_none() || *block == index))
    }
}

fn is_event(word: &str) -> bool {
    word != "bytes"
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric())
}

fn percent(text: &str) -> Option<Aim> {
    let share: f64 = text.strip_suffix('%')?.parse().ok()?;
    (0.0..=100.0).contains(&share).then_some(Aim::Percent(share))
}

fn label(event: &str, rest: &[&str]) -> Option<Aim> {
    let nth = |word: &str| word.parse().ok().filter(|nth: &u64| *nth > 0);
    let (index, nth) = match rest {
        [] => (None, 1),
        ["nth", count] => (None, nth(count)?),
        [index] => (Some(index.parse().ok()?), 1),
        [index, "nth", count] => (Some(index.parse().ok()?), nth(count)?),
        _ => return None,
    };
    Some(Aim::Label { event: event.to_owned(), index, nth })
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Start => f.write_str("start"),
            Self::End => f.write_str("end"),
            Self::Bytes(count) => write!(f, "bytes {count}"),
            Self::Percent(share) => write!(f, "{share}%"),
            Self::Millis(millis) => write!(f, "{millis} ms"),
            Self::Label { event, index, nth } => {
                f.write_str(event)?;
                index.map_or(Ok(()), |index| write!(f, " {index}"))?;
                if *nth > 1 { write!(f, " nth {nth}") } else { Ok(()) }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Aim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no place in a reply: {FORMS}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_and_prints_as_written() {
        for text in [
            "head",
            "start",
            "end",
            "contentBlockDelta",
            "contentBlockDelta 1",
            "contentBlockDelta nth 3",
            "bytes 120",
            "40%",
            "2.5%",
            "310 ms",
            "contentBlockDelta 1 nth 2",
        ] {
            assert_eq!(Aim::parse(text).map(|aim| aim.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in [
            "",
            "bytes",
            "bytes x",
            "101%",
            "-1%",
            "contentBlockDelta x",
            "contentBlockDelta nth 0",
            "a b c d",
            "310 s",
        ] {
            assert_eq!(Aim::parse(bad), None, "{bad}");
        }
    }
}
