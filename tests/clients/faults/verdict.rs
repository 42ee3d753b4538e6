//! What a client made of a fault, in the words of the table. Pure.
//!
//! The standard is what the same client makes of the same reply without a fault.

use serde_json::Value;

use crate::driver::{ClientError, Outcome};

/// How much of an error's text is shown.
const GIST: usize = 60;

/// What a caller of the client is left with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The whole answer, and what is odd about it.
    Complete(Vec<String>),
    /// No error, and the end of the answer is missing.
    Truncated(String),
    /// No error, and the content is not what was to be said.
    Altered(String),
    /// An error, in a few words.
    Error(String),
    /// Nothing in so many seconds.
    Hangs(u64),
    /// Now this, now that: these words, from tries by hand.
    Unsteady(String),
}

/// A cell of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// What came of it.
    pub(crate) verdict: Verdict,
    /// The requests that the client sent for it; beyond the calls: it tried again.
    pub(crate) requests: u32,
    /// The calls.
    pub(crate) calls: u32,
}

impl Cell {
    /// Of a client that does now this, now that.
    pub(crate) fn unsteady(words: &str) -> Self {
        Self { verdict: Verdict::Unsteady(words.to_owned()), requests: 0, calls: 0 }
    }

    /// Of an outcome, against the outcome without a fault.
    pub(crate) fn of(outcome: &Outcome, sound: &Outcome, calls: u32, limit_ms: u64) -> Self {
        let verdict = match &outcome.error {
            Some(error) if error.class == "DriverTimeout" => Verdict::Hangs(limit_ms / 1_000),
            Some(error) => Verdict::Error(told(error)),
            None => silent(outcome, sound),
        };
        Self { verdict, requests: outcome.attempts, calls }
    }

    /// The same, without which error it is.
    pub(crate) fn coarse(self) -> Self {
        match self.verdict {
            Verdict::Error(_) => Self { verdict: Verdict::Error("of the connection".to_owned()), ..self },
            _ => self,
        }
    }

    /// As the table shows it.
    pub(crate) fn text(&self) -> String {
        let again = self.requests > self.calls;
        // Of several calls it is chance how many have to be sent again.
        let counted = again && self.calls == 1;
        let requests = if counted { format!(" ({} requests)", self.requests) } else { String::new() };
        match &self.verdict {
            Verdict::Complete(odd) => {
                let odd: String = odd.iter().map(|odd| format!(", {odd}")).collect();
                format!("{}complete{odd}{requests}", if again { "retried, " } else { "" })
            }
            Verdict::Truncated(what) => format!("**✂ SILENT**: {what}{requests}"),
            Verdict::Altered(what) => format!("**≠ SILENT**: {what}{requests}"),
            Verdict::Error(what) => format!("error {what}{requests}"),
            Verdict::Hangs(seconds) => format!("hangs > {seconds} s"),
            Verdict::Unsteady(words) => words.clone(),
        }
    }
}

/// The class, the code where it says more, and the beginning of the text, unless it is the service's own.
fn told(error: &ClientError) -> String {
    let class = &error.class;
    let code = error.code.as_deref().filter(|code| *code != class);
    let of_service = code.unwrap_or(class).ends_with("Exception");
    let gist = if of_service { String::new() } else { gist(&error.message) };
    match (code, gist.as_str()) {
        (Some(""), _) => format!("`{class}` without a code"),
        (Some(code), "") => format!("`{class}` {code}"),
        (None, "") => format!("`{class}`"),
        (_, gist) => format!("`{class}`: {gist}"),
    }
}

/// The cause in a text, without what differs from run to run.
fn gist(text: &str) -> String {
    let words = text.lines().next().unwrap_or_default().split_whitespace();
    if let Some(errno) = words.clone().find_map(errno) {
        return errno.to_owned();
    }
    let steady = words.map(|word| if varies(word) { "…" } else { word }).collect::<Vec<_>>().join(" ");
    let mut line = steady.as_str();
    // The cause stands last; how far a system error had come is chance.
    if line.contains("(os error") {
        line = line.rsplit(": ").next().unwrap_or(line);
    }
    while let Some((_, cause)) = line.split_once(": ").filter(|_| line.chars().count() > GIST) {
        if !cause.contains(char::is_alphabetic) {
            break;
        }
        line = cause;
    }
    let line = line.split("\", ").next().unwrap_or(line);
    let line = if line.contains('(') { line } else { line.trim_end_matches(')') };
    shortened(line).replace('|', "\\|").replace('<', "&lt;")
}

/// The name of a system error, as Node says it: whether it was met in a connect or a read is chance.
fn errno(word: &str) -> Option<&str> {
    let word = word.trim_end_matches(|end: char| !end.is_ascii_alphanumeric());
    (word.len() > 5 && word.starts_with('E') && word.chars().all(|c| c.is_ascii_uppercase())).then_some(word)
}

fn varies(word: &str) -> bool {
    word.contains("127.0.0.1")
        || word.starts_with("0x")
        || word.starts_with("(_ssl")
        || word.chars().filter(char::is_ascii_digit).count() > 4
}

/// As many words as there is room for.
fn shortened(line: &str) -> String {
    let mut short = String::new();
    for word in line.split(' ') {
        if short.chars().count() + word.chars().count() > GIST {
            return short + " …";
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

fn silent(outcome: &Outcome, sound: &Outcome) -> Verdict {
    let (seen, whole) = (content(outcome), content(sound));
    if outcome.events.is_empty() && seen.is_empty() {
        return Verdict::Truncated("empty answer".to_owned());
    }
    if stop_reason(outcome).is_none() {
        let how_much = if seen == whole { "all content, no messageStop" } else { "no messageStop" };
        return Verdict::Truncated(how_much.to_owned());
    }
    if seen != whole {
        return Verdict::Altered(
            match seen.len().cmp(&whole.len()) {
                std::cmp::Ordering::Less => "content lost",
                std::cmp::Ordering::Equal => "content in another order",
                std::cmp::Ordering::Greater => "content twice",
            }
            .to_owned(),
        );
    }
    Verdict::Complete(oddities(outcome, sound))
}

fn stop_reason(outcome: &Outcome) -> Option<&str> {
    match &outcome.output {
        Some(output) => output["stopReason"].as_str(),
        None => {
            let stop = outcome.events.iter().find(|event| event.kind == "messageStop")?;
            Some(stop.payload["stopReason"].as_str().unwrap_or("none"))
        }
    }
}

/// All that the model says, in one text.
fn content(outcome: &Outcome) -> String {
    if let Some(output) = &outcome.output {
        let blocks = output["output"]["message"]["content"].as_array();
        return blocks.into_iter().flatten().map(Value::to_string).collect();
    }
    const PLACES: [&str; 4] =
        ["/delta/text", "/delta/toolUse/input", "/start/toolUse/toolUseId", "/start/toolUse/name"];
    let texts = |payload: &Value| -> String {
        PLACES.iter().filter_map(|place| payload.pointer(place)?.as_str()).collect()
    };
    outcome.events.iter().map(|event| texts(&event.payload)).collect()
}

/// What differs although nothing of the content is lost.
fn oddities(outcome: &Outcome, sound: &Outcome) -> Vec<String> {
    let mut odd = Vec::new();
    let (reason, right) = (stop_reason(outcome), stop_reason(sound));
    if reason != right {
        odd.push(format!("stopReason `{}`", reason.unwrap_or_default()));
    }
    let (seen, whole) = (kinds(outcome), kinds(sound));
    let mut names: Vec<&str> = seen.iter().chain(&whole).copied().collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let count = |kinds: &[&str]| kinds.iter().filter(|kind| **kind == name).count();
        match (count(&seen), count(&whole)) {
            (0, 1..) => odd.push(format!("no {name}")),
            (1.., 0) => odd.push(format!("hands out `{name}`")),
            (seen, whole) if seen > whole => odd.push(format!("one {name} too many")),
            (seen, whole) if seen < whole => odd.push(format!("one {name} too few")),
            _ => {}
        }
    }
    if odd.is_empty() && seen != whole {
        odd.push("events in another order".to_owned());
    }
    odd
}

fn kinds(outcome: &Outcome) -> Vec<&str> {
    outcome.kinds()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::{During, Event};
    use serde_json::json;

    /// Events by short names: `text` is one piece of text, the others are events without content.
    fn outcome(events: &[&str]) -> Outcome {
        let event = |name: &&str| {
            let (kind, payload) = match *name {
                "messageStop" => ("messageStop", json!({ "stopReason": "end_turn" })),
                "metadata" => ("metadata", json!({})),
                text => ("contentBlockDelta", json!({ "contentBlockIndex": 0, "delta": { "text": text } })),
            };
            Event { kind: kind.to_owned(), payload, at_ms: 0.0 }
        };
        Outcome { attempts: 1, events: events.iter().map(event).collect(), ..Outcome::default() }
    }

    fn check(seen: &Outcome, expected: &str) {
        let sound = outcome(&["a", "b", "messageStop", "metadata"]);
        assert_eq!(Cell::of(seen, &sound, 1, 4_000).text(), expected);
    }

    fn failed(class: &str, code: Option<&str>, message: &str) -> Outcome {
        let (class, message, code) = (class.to_owned(), message.to_owned(), code.map(str::to_owned));
        Outcome {
            error: Some(ClientError { class, code, message, during: During::Stream }),
            ..outcome(&["a"])
        }
    }

    #[test]
    fn an_answer_without_an_error_is_held_against_the_sound_one() {
        check(&outcome(&["a", "b", "messageStop", "metadata"]), "complete");
        check(
            &Outcome { attempts: 3, ..outcome(&["a", "b", "messageStop", "metadata"]) },
            "retried, complete (3 requests)",
        );
        check(&outcome(&["a", "b", "messageStop"]), "complete, no metadata");
        check(&outcome(&["a"]), "**✂ SILENT**: no messageStop");
        check(&outcome(&["a", "b"]), "**✂ SILENT**: all content, no messageStop");
        check(&outcome(&[]), "**✂ SILENT**: empty answer");
        check(&outcome(&["a", "messageStop", "metadata"]), "**≠ SILENT**: content lost");
        check(&outcome(&["a", "b", "b", "messageStop", "metadata"]), "**≠ SILENT**: content twice");
        check(&outcome(&["b", "a", "messageStop", "metadata"]), "**≠ SILENT**: content in another order");
    }

    #[test]
    fn an_answer_of_converse_without_content_is_empty() {
        let of = |output: Value| Outcome { output: Some(output), ..outcome(&[]) };
        check(&of(json!({ "stopReason": "end_turn", "output": null })), "**✂ SILENT**: empty answer");
    }

    #[test]
    fn an_error_is_told_in_a_few_words_that_are_the_same_in_every_run() {
        check(
            &failed("ProtocolError", None, "Response ended prematurely"),
            "error `ProtocolError`: Response ended prematurely",
        );
        check(&failed("EventStreamError", Some(""), ""), "error `EventStreamError` without a code");
        check(
            &failed("EventStreamError", Some("throttlingException"), "Too many"),
            "error `EventStreamError` throttlingException",
        );
        check(&failed("Error", None, "connect ECONNRESET 127.0.0.1:40213"), "error `Error`: ECONNRESET");
        check(
            &failed("X", None, "io error: tcp connect error: reset (os error 104)"),
            "error `X`: reset (os error 104)",
        );
        check(&failed("X", None, "expected 0x1, calculated 0x2"), "error `X`: expected … calculated …");
        check(&failed("DriverTimeout", None, "no answer"), "hangs > 4 s");
    }
}
