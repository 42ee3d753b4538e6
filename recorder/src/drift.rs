//! How two recordings of one request differ by meaning. Pure: no file, no folder.
//!
//! What a model says is another thing each time, so words stand apart from shape; times are compared by bands, since no two
//! runs have the same.

use crate::meaning::Meaning;
use faultline_scenarios::file::Reply;
use faultline_scenarios::likeness::alike;
use std::collections::BTreeSet;

/// Two times are in one band where one is less than so many times the other ...
const BAND: f64 = 2.0;

/// ... or no more than so many milliseconds apart.
const NEAR: f64 = 50.0;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What a program relies on: status, error, kinds of events, fields, stop reason, end.
    Shape,
    /// What the model said.
    Words,
    /// When it came.
    Timing,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Its kind.
    pub kind: Kind,
    /// What differs: `stop reason`.
    pub what: &'static str,
    /// What it was; empty where there was nothing.
    pub before: String,
    /// What it is; empty where there is nothing.
    pub after: String,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, before, after, .. } = self;
        match (before.is_empty(), after.is_empty()) {
            (true, _) => write!(f, "{what}: new: {after}"),
            (_, true) => write!(f, "{what}: gone: {before}"),
            _ => write!(f, "{what}: {before} -> {after}"),
        }
    }
}

/// How the takes of one request differ, take by take.
pub fn drifts(before: &[Reply], after: &[Reply]) -> Vec<Drift> {
    let mut all = Vec::new();
    if before.len() != after.len() {
        let (before, after) = (before.len().to_string(), after.len().to_string());
        all.push(Drift { kind: Kind::Words, what: "number of takes", before, after });
    }
    for (before, after) in before.iter().zip(after) {
        if let (Some(before), Some(after)) = (Meaning::of(before), Meaning::of(after)) {
            for drift in between(&before, &after) {
                if !all.contains(&drift) {
                    all.push(drift);
                }
            }
        }
    }
    all
}

/// How one answer differs from another.
pub fn between(before: &Meaning, after: &Meaning) -> Vec<Drift> {
    let mut all = shape(before, after);
    all.extend(words(before, after));
    all.extend(timing(before, after));
    all
}

fn shape(before: &Meaning, after: &Meaning) -> Vec<Drift> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut all = Vec::new();
    let mut push = |what, before: String, after: String, same: bool| {
        if !same {
            all.push(Drift { kind: Kind::Shape, what, before, after });
        }
    };
    push("status", before.status.to_string(), after.status.to_string(), before.status == after.status);
    let same = before.content_type == after.content_type;
    push("content type", before.content_type.clone(), after.content_type.clone(), same);
    push("error", text(&before.error), text(&after.error), before.error == after.error);
    let (one, other) = (text(&before.message), text(&after.message));
    let same = alike(&one, &other);
    push("message", one, other, same);
    push(
        "stop reason",
        text(&before.stop_reason),
        text(&after.stop_reason),
        before.stop_reason == after.stop_reason,
    );
    push("end", before.how.to_string(), after.how.to_string(), before.how == after.how);
    let (one, other): (BTreeSet<&String>, BTreeSet<&String>) =
        (before.kinds.iter().collect(), after.kinds.iter().collect());
    push("events", only(&one, &other), String::new(), one.is_subset(&other));
    push("events", String::new(), only(&other, &one), other.is_subset(&one));
    let common = |kinds: &[String], others: &BTreeSet<&String>| -> Vec<String> {
        kinds.iter().filter(|kind| others.contains(kind)).cloned().collect()
    };
    let (first, second) = (common(&before.kinds, &other), common(&after.kinds, &one));
    let same = first == second;
    push("order of events", first.join(" "), second.join(" "), same);
    let (one, other): (BTreeSet<&String>, BTreeSet<&String>) =
        (before.fields.iter().collect(), after.fields.iter().collect());
    push("fields", only(&one, &other), String::new(), one.is_subset(&other));
    push("fields", String::new(), only(&other, &one), other.is_subset(&one));
    all
}

fn only(these: &BTreeSet<&String>, others: &BTreeSet<&String>) -> String {
    let own: Vec<&str> = these.difference(others).map(|text| text.as_str()).collect();
    own.join(", ")
}

fn words(before: &Meaning, after: &Meaning) -> Vec<Drift> {
    let tools = |meaning: &Meaning| -> String {
        let all: Vec<String> = meaning.tools.iter().map(|(name, input)| format!("{name}({input})")).collect();
        all.join(", ")
    };
    let pairs = [
        (
            "text",
            excerpt(&before.text, &after.text),
            excerpt(&after.text, &before.text),
            alike(&before.text, &after.text),
        ),
        ("tool calls", tools(before), tools(after), before.tools == after.tools),
    ];
    let differing = pairs.into_iter().filter(|(.., same)| !same);
    differing.map(|(what, before, after, _)| Drift { kind: Kind::Words, what, before, after }).collect()
}

/// So much of a text is shown, in characters.
const SHOWN: usize = 60;

/// `text` from a little before where it leaves `other`, in quotes.
fn excerpt(text: &str, other: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let same = text.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(SHOWN / 3);
    let shown: String = text.chars().skip(from).take(SHOWN).collect();
    let (before, after) = (from > 0, text.chars().count() > from + SHOWN);
    format!("{:?}", format!("{}{shown}{}", if before { "…" } else { "" }, if after { "…" } else { "" }))
}

fn timing(before: &Meaning, after: &Meaning) -> Vec<Drift> {
    let times = [
        ("time to first frame", before.first.unwrap_or_default(), after.first.unwrap_or_default()),
        ("median gap between deltas", middle(&before.delta_gaps), middle(&after.delta_gaps)),
        ("longest gap", longest(&before.gaps), longest(&after.gaps)),
        ("total time", before.total, after.total),
    ];
    let differing = times.into_iter().filter(|(_, before, after)| !same_band(*before, *after));
    let shown = |ms: f64| format!("{ms:.0} ms");
    differing
        .map(|(what, before, after)| Drift {
            kind: Kind::Timing,
            what,
            before: shown(before),
            after: shown(after),
        })
        .collect()
}

fn same_band(one: f64, other: f64) -> bool {
    (one - other).abs() <= NEAR || (one < other * BAND && other < one * BAND)
}

fn middle(gaps: &[f64]) -> f64 {
    let mut sorted = gaps.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn longest(gaps: &[f64]) -> f64 {
    gaps.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn replies(all: &Value) -> Vec<Reply> {
        serde_json::from_value(all.clone()).unwrap()
    }

    fn stream(text: &str, reason: &str, at: f64) -> Value {
        json!({"head": {"t_ms": at}, "frames": [
            {"t_ms": at, "event": "messageStart", "payload": {"role": "assistant"}},
            {"t_ms": at, "event": "contentBlockDelta", "payload": {"contentBlockIndex": 0, "delta": {"text": text}}},
            {"t_ms": at + 1.0, "event": "messageStop", "payload": {"stopReason": reason}},
        ], "end": {"t_ms": at + 1.0}})
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    fn told(before: Value, after: Value) -> Vec<String> {
        drifts(&replies(&json!([before])), &replies(&json!([after])))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_same_has_not_drifted() {
        assert_eq!(told(stream("Hi", "end_turn", 100.0), stream("Hi", "end_turn", 130.0)), [""; 0]);
    }

    #[test]
    fn each_kind_of_drift_is_told() {
        let old = stream("Hi", "end_turn", 100.0);
        assert_eq!(told(old.clone(), stream("Ho", "end_turn", 100.0)), [r#"text: "Hi" -> "Ho""#]);
        assert_eq!(
            told(old.clone(), stream("Hi", "max_tokens", 100.0)),
            ["stop reason: end_turn -> max_tokens"]
        );
        let late = told(old.clone(), stream("Hi", "end_turn", 900.0));
        assert_eq!(late, ["time to first frame: 100 ms -> 900 ms", "total time: 101 ms -> 901 ms"]);
        let mut more = old.clone();
        more["frames"][2]["payload"]["trace"] = json!({"id": 1});
        assert_eq!(told(old.clone(), more.clone()), ["fields: new: messageStop.trace.id: number"]);
        assert_eq!(told(more, old.clone()), ["fields: gone: messageStop.trace.id: number"]);
        let mut swapped = old.clone();
        swapped["frames"].as_array_mut().unwrap().swap(1, 2);
        let order = "order of events: messageStart contentBlockDelta.text messageStop -> messageStart messageStop contentBlockDelta.text";
        assert_eq!(told(old, swapped), [order]);
    }

    #[test]
    fn a_validation_text_drifts_by_its_words_and_not_by_its_ids() {
        let refusal = |message: &str| json!({"head": {"status": 400, "headers": {"x-amzn-errortype": "ValidationException"}}, "body": {"json": {"message": message}}});
        let id = "6f1c2d3e-0000-4000-8000-0123456789ab";
        let other = "00000000-1111-4222-8333-444444444444";
        assert_eq!(
            told(refusal(&format!("Bad request {id}")), refusal(&format!("Bad request {other}"))),
            [""; 0]
        );
        assert_eq!(told(refusal("Too long"), refusal("Too big")), ["message: Too long -> Too big"]);
    }
}
