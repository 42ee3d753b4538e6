//! What a client made of a fault, in the words of the table. Pure.
//!
//! The standard is what the same client makes of the same reply without a fault.

use serde_json::Value;

use crate::driver::{ClientError, Outcome};

/// How much of an error's text is shown.
const GIST: usize = 48;

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
    /// The client does not speak the protocol of the fault.
    NotApplicable,
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
    /// Of a client that is not asked.
    pub(crate) fn not_applicable() -> Self {
        Self { verdict: Verdict::NotApplicable, requests: 0, calls: 0 }
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

    /// As the table shows it.
    pub(crate) fn text(&self) -> String {
        let again = self.requests > self.calls;
        let requests = if again { format!(" ({} requests)", self.requests) } else { String::new() };
        match &self.verdict {
            Verdict::Complete(odd) => {
                let odd: String = odd.iter().map(|odd| format!(", {odd}")).collect();
                format!("{}complete{odd}{requests}", if again { "retried, " } else { "" })
            }
            Verdict::Truncated(what) => format!("**✂ SILENT**: {what}{requests}"),
            Verdict::Altered(what) => format!("**≠ SILENT**: {what}{requests}"),
            Verdict::Error(what) => format!("error {what}{requests}"),
            Verdict::Hangs(seconds) => format!("hangs > {seconds} s"),
            Verdict::NotApplicable => "not applicable".to_owned(),
        }
    }
}

/// The class, the code where it says more, and the beginning of the text.
fn told(error: &ClientError) -> String {
    let code = error.code.as_deref().filter(|code| *code != error.class);
    let code = code.map(|code| format!(" {}", if code.is_empty() { "without a code" } else { code }));
    let gist = gist(&error.message);
    let gist = if gist.is_empty() { String::new() } else { format!(": {gist}") };
    format!("`{}`{}{gist}", error.class, code.unwrap_or_default())
}

/// The beginning of a text, without what differs from run to run.
fn gist(text: &str) -> String {
    let mut line = text.lines().next().unwrap_or_default();
    // The cause stands last.
    while let Some((_, cause)) = line.split_once(": ").filter(|_| line.chars().count() > GIST) {
        line = cause;
    }
    let words = line.split_whitespace().map(|word| {
        let varies = word.contains("127.0.0.1") || word.chars().filter(char::is_ascii_digit).count() > 4;
        if varies { "…" } else { word }
    });
    let mut gist = String::new();
    for word in words {
        if gist.chars().count() + word.chars().count() > GIST {
            gist.push_str(" …");
            break;
        }
        if !gist.is_empty() {
            gist.push(' ');
        }
        gist.push_str(word);
    }
    gist.replace('|', "\\|").replace('<', "&lt;")
}

fn silent(outcome: &Outcome, sound: &Outcome) -> Verdict {
    let (seen, whole) = (content(outcome), content(sound));
    if !has_stop(outcome) {
        let events = outcome.events.len();
        return Verdict::Truncated(match (events, seen == whole) {
            (0, _) => "an empty answer".to_owned(),
            (_, true) => "all content, no messageStop".to_owned(),
            (_, false) => "no messageStop".to_owned(),
        });
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

fn has_stop(outcome: &Outcome) -> bool {
    stop_reason(outcome).is_some()
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
        return output["output"]["message"]["content"].to_string();
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
