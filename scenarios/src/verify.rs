//! Were the expectations of the played scenarios met? Pure, over the exchanges of a server.
//!
//! A server sees requests and its own answers, not what an agent makes of them: that an agent reported an error, or did
//! not take half an answer for a whole one, only somebody who runs the agent can judge (`demo`).

use crate::answered::answered;
use crate::book::Book;
use crate::exchange::{Exchange, Verdict};
use crate::file::{Expect, ExpectedOutcome};
use faultline_wire::message::{Block, Message, text_member, tool_specs};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An expectation that was not met, or a request that nobody expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The session; empty for the default one.
    pub session: Arc<str>,
    /// The scenario; empty for requests that belong to none.
    pub scenario: Arc<str>,
    /// What was wrong, in a sentence.
    pub what: String,
}

/// Exchanges of one session with one scenario, in the order of the requests.
type Played<'a> = Vec<&'a Exchange>;

/// Everything that was not as expected: unmatched and refused requests first, then sessions and scenarios in their
/// order. Scenarios that no request reached are not judged.
pub fn verify(book: &Book, exchanges: &[Arc<Exchange>]) -> Vec<Unmet> {
    let mut unmet: Vec<Unmet> = exchanges.iter().filter_map(|exchange| stranger(book, exchange)).collect();
    for ((session, scenario), played) in played(exchanges) {
        let expect = book.named(&scenario).and_then(|found| found.file.expect.as_ref());
        for what in expect.map(|expect| problems(expect, &played)).unwrap_or_default() {
            unmet.push(Unmet { session: session.clone(), scenario: scenario.clone(), what });
        }
    }
    unmet
}

/// A request that no scenario answered, or that Bedrock would refuse.
fn stranger(book: &Book, exchange: &Exchange) -> Option<Unmet> {
    let why = match &exchange.decision.verdict {
        Verdict::Unmatched { why } => format!("was unmatched: {why}"),
        Verdict::Refused { error, message, rules } if !may_fail(book, &exchange.session) => {
            format!("was refused, as Bedrock refuses it: {error}: {message}{}", named(rules))
        }
        _ => return None,
    };
    let request =
        format!("request {} ({} {})", exchange.id, exchange.call.operation.name(), exchange.call.model_id);
    Some(Unmet { session: exchange.session.clone(), scenario: "".into(), what: format!("{request} {why}") })
}

/// The broken rules, where they have names: ` (rule tool-results-missing)`.
fn named(rules: &[&str]) -> String {
    let noun = if rules.len() == 1 { "rule" } else { "rules" };
    if rules.is_empty() { String::new() } else { format!(" ({noun} {})", rules.join(", ")) }
}

/// Whether the scenario that a session is bound to expects an error to be possible.
fn may_fail(book: &Book, session: &str) -> bool {
    let name = session.split('@').next().unwrap_or_default();
    let expect = book.named(name).and_then(|scenario| scenario.file.expect.as_ref());
    expect.is_some_and(|expect| matches!(expect.outcome, ExpectedOutcome::Fails | ExpectedOutcome::Survives))
}

fn played(exchanges: &[Arc<Exchange>]) -> BTreeMap<(Arc<str>, Arc<str>), Played<'_>> {
    let mut played: BTreeMap<(Arc<str>, Arc<str>), Played<'_>> = BTreeMap::new();
    for exchange in exchanges {
        if let Verdict::Scripted { scenario, .. } = &exchange.decision.verdict {
            played.entry((exchange.session.clone(), scenario.clone())).or_default().push(exchange);
        }
    }
    for exchanges in played.values_mut() {
        exchanges.sort_by_key(|exchange| exchange.id);
    }
    played
}

fn problems(expect: &Expect, played: &Played<'_>) -> Vec<String> {
    [calls(expect, played), ending(expect, played), tools(expect, played)].into_iter().flatten().collect()
}

fn calls(expect: &Expect, played: &Played<'_>) -> Option<String> {
    let (expected, there) = (expect.calls?, played.len() as u64);
    (expected != there).then(|| format!("{there} requests arrived, {expected} were expected"))
}

/// Where an answer is due, the last one must have been delivered whole and hold the expected texts.
fn ending(expect: &Expect, played: &Played<'_>) -> Option<String> {
    if !matches!(expect.outcome, ExpectedOutcome::Succeeds | ExpectedOutcome::Recovers) {
        return None;
    }
    if expect.outcome == ExpectedOutcome::Recovers
        && played.iter().all(|exchange| exchange.decision.faults.is_empty())
    {
        return Some("nothing went wrong, so nothing was recovered from".to_owned());
    }
    last_answer(expect, played)
}

/// What is wrong with the last answer: not delivered whole, or without an expected text.
pub(crate) fn last_answer(expect: &Expect, played: &[&Exchange]) -> Option<String> {
    let last = played.last()?;
    let Some(answer) = answered(last) else {
        return Some(format!(
            "the last answer (request {}) was not delivered whole, and nothing followed it",
            last.id
        ));
    };
    let missing = expect.text.iter().find(|text| !answer.text.contains(text.as_str()))?;
    Some(format!("the last answer lacks {missing:?}: {:?}", answer.text))
}

/// The tools that ran are those whose results came back.
fn tools(expect: &Expect, played: &Played<'_>) -> Option<String> {
    let mut expected: Vec<&str> = expect.tools.as_ref()?.iter().map(String::as_str).collect();
    let mut ran = tools_answered(played.last()?);
    expected.sort_unstable();
    ran.sort_unstable();
    let due = matches!(expect.outcome, ExpectedOutcome::Succeeds | ExpectedOutcome::Recovers);
    (due && ran != expected)
        .then(|| format!("results came back from the tools {ran:?}, expected were {expected:?}"))
}

/// The names of the offered tools whose results a request holds.
pub(crate) fn tools_answered(exchange: &Exchange) -> Vec<&str> {
    calls_answered(exchange).into_iter().map(|(_, name)| name).collect()
}

/// The calls of offered tools whose results a request holds: id and name.
pub(crate) fn calls_answered(exchange: &Exchange) -> Vec<(&str, &str)> {
    let offered: Vec<&str> =
        tool_specs(&exchange.call.body).iter().filter_map(|spec| spec.get("name")?.as_str()).collect();
    let messages = exchange.call.messages();
    let results: Vec<&str> = messages.iter().flat_map(|message| message.tool_result_ids()).collect();
    let uses = messages.iter().copied().flat_map(Message::content).filter_map(|block| match block {
        Block::ToolUse(tool) => Some((text_member(tool, "toolUseId"), text_member(tool, "name"))),
        _ => None,
    });
    uses.filter(|(id, name)| results.contains(id) && offered.contains(name)).collect()
}
