//! Did the agent do what the scenario expects? Pure.

use super::arm::Played;
use crate::output::counted;
use faultline_agent::{Answer, ToolStatus};
use faultline_scenarios::exchange::{Exchange, Verdict};
use faultline_scenarios::file::{Expect, ExpectedOutcome};

/// What one arm amounts to.
pub(crate) struct Judgement {
    /// What was not as expected; `None` is a pass.
    pub(crate) problem: Option<String>,
    /// What the agent made of it, in a few words.
    pub(crate) outcome: String,
}

/// Judges one run.
pub(crate) fn judge(expect: &Expect, played: &Played) -> Judgement {
    let problem =
        on_the_wire(played).or_else(|| outcome_problem(expect, played)).or_else(|| calls(expect, played));
    Judgement { problem, outcome: outcome(played) }
}

/// What the expectation says, for people.
pub(crate) fn expectation(expect: &Expect) -> String {
    let texts: Vec<String> = expect.text.iter().map(|text| format!("{text:?}")).collect();
    let holding = if texts.is_empty() { String::new() } else { format!(" holding {}", texts.join(" and ")) };
    let calls = expect
        .calls
        .map(|calls| format!(", {}", counted(usize::try_from(calls).unwrap_or(usize::MAX), "request")))
        .unwrap_or_default();
    match expect.outcome {
        ExpectedOutcome::Succeeds => format!("an answer{holding}{calls}"),
        ExpectedOutcome::Recovers => format!("an answer{holding}, after trying again{calls}"),
        ExpectedOutcome::Fails => format!("an error that reaches the caller{calls}"),
        ExpectedOutcome::Survives => {
            format!("an answer{holding} or an honest error, no false success{calls}")
        }
    }
}

/// What no agent may do, whatever the scenario expects.
fn on_the_wire(played: &Played) -> Option<String> {
    if played.exchanges.is_empty() && !played.hindered {
        return Some("no request arrived".to_owned());
    }
    let unmatched = played.exchanges.iter().find_map(|exchange| match &exchange.decision.verdict {
        Verdict::Unmatched { why } => Some(format!("a request was unmatched: {why}")),
        Verdict::Refused { message, rules, .. } => {
            Some(format!("Bedrock would refuse a request: {message} ({})", rules.join(", ")))
        }
        _ => None,
    });
    let truncated = played.result.is_ok() && played.exchanges.last().is_some_and(|last| is_truncated(last));
    unmatched.or_else(|| truncated.then(|| "a stream without messageStop was taken for an answer".to_owned()))
}

/// A stream that never said messageStop.
fn is_truncated(exchange: &Exchange) -> bool {
    let plan = &exchange.timeline.plan;
    let stops =
        plan.actions().iter().filter_map(|action| action.label()).any(|label| &*label.event == "messageStop");
    plan.streams() && !stops
}

fn outcome_problem(expect: &Expect, played: &Played) -> Option<String> {
    match (&played.result, expect.outcome) {
        (Ok(_), ExpectedOutcome::Fails) => Some("an error was due, there was an answer".to_owned()),
        (Ok(_), ExpectedOutcome::Recovers) if !was_struck(played) => {
            Some("nothing went wrong, so nothing was recovered from".to_owned())
        }
        (Ok(answer), _) => answer_problem(expect, answer, played),
        (Err(_), ExpectedOutcome::Fails | ExpectedOutcome::Survives) => None,
        (Err(error), _) => Some(format!("an answer was due: {error}")),
    }
}

fn was_struck(played: &Played) -> bool {
    played.hindered || played.exchanges.iter().any(|exchange| !exchange.decision.faults.is_empty())
}

fn answer_problem(expect: &Expect, answer: &Answer, played: &Played) -> Option<String> {
    let missing = expect.text.iter().find(|text| !answer.text.contains(text.as_str()));
    if let Some(text) = missing {
        return Some(format!("the answer lacks {text:?}: {:?}", answer.text));
    }
    let mut expected: Vec<&str> = expect.tools.as_ref()?.iter().map(String::as_str).collect();
    let calls = played.stats.iter().flat_map(|stats| &stats.tool_calls);
    let mut ran: Vec<&str> =
        calls.filter(|call| call.status != ToolStatus::Refused).map(|call| call.name.as_str()).collect();
    expected.sort_unstable();
    ran.sort_unstable();
    (ran != expected).then(|| format!("tools that ran: {ran:?}, expected: {expected:?}"))
}

fn calls(expect: &Expect, played: &Played) -> Option<String> {
    let (expected, there) = (expect.calls?, played.exchanges.len());
    (expected != there as u64).then(|| format!("{} arrived, {expected} expected", counted(there, "request")))
}

fn outcome(played: &Played) -> String {
    match &played.result {
        Err(error) => error.cause.to_string(),
        Ok(answer) => {
            let tools = played.stats.iter().map(|stats| stats.tool_calls.len()).sum();
            let tools = if tools > 0 { format!(", {}", counted(tools, "tool call")) } else { String::new() };
            let requests = counted(played.exchanges.len(), "request");
            format!("{} after {requests}{tools}", answer.stop_reason.as_str())
        }
    }
}
