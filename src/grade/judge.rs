//! From what was seen of a run to the card's entry for it. Pure.

use super::bench::Trial;
use super::excerpt::both_ends;
use super::pick::group;
use crate::demo::expectation;
use crate::picture::{millis, request};
use crate::toolbox::VARIABLES;
use faultline_dashboards::card::{Breach, Graded};
use faultline_dashboards::{Request, Verdict};
use faultline_scenarios::Scenario;
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::file::Expect;
use faultline_scenarios::oracle::{self, Oracle, Transcript};
use faultline_scenarios::run_end::RunExit;
use std::sync::Arc;

/// Characters that are kept of what an agent printed, and of each request.
const PRINTED: usize = 4_000;
const BODY: usize = 12_000;

/// Requests and breaches that are kept of one scenario: a retry storm has thousands.
const FIRST: usize = 25;
const LAST: usize = 10;
const BREACHES: usize = 50;

/// Judges a run. `printed` is how often this agent prints an answer.
pub(crate) fn judged(trial: Trial, printed: usize) -> Graded {
    let trial = &Trial { exchanges: numbered(trial.exchanges), ..trial };
    let transcript = Transcript {
        scenario: &trial.scenario,
        exchanges: &trial.exchanges,
        run: Some(&trial.end),
        sentinel: (printed > 0).then_some((trial.sentinel.as_str(), printed)),
        effects: &trial.effects,
    };
    let graded = Graded {
        end: end(trial),
        wall_ms: millis(trial.end.wall),
        calls: trial.exchanges.len(),
        ..entry(&trial.scenario)
    };
    if let Err(why) = oracle::exercised(&transcript) {
        return Graded { verdict: Verdict::Skipped, skipped: why, ..graded };
    }
    if let Some(why) = without_its_tools(trial) {
        return Graded { verdict: Verdict::Skipped, skipped: why, ..graded };
    }
    let breaches = oracle::judge(&transcript);
    if breaches.is_empty() {
        return Graded { verdict: Verdict::Passed, ..graded };
    }
    Graded {
        verdict: Verdict::Failed,
        breaches: breaches.iter().take(BREACHES).map(shown).collect(),
        stdout: both_ends(&trial.end.stdout, PRINTED),
        stderr: both_ends(&trial.end.stderr, PRINTED),
        requests: requests(trial, &breaches),
        ..graded
    }
}

/// The exchanges with numbers from 1: a server that outlives a run counts on, and strays count too.
fn numbered(exchanges: Vec<Arc<Exchange>>) -> Vec<Arc<Exchange>> {
    let numbered = |(id, exchange): (u64, Arc<Exchange>)| match exchange.id == id {
        true => exchange,
        false => Arc::new(Exchange { id, ..Arc::unwrap_or_clone(exchange) }),
    };
    (1..).zip(exchanges).map(numbered).collect()
}

/// Why a scenario whose failures are all in its own tools was not met: the agent does not know of them. An agent that sent
/// nothing at all has failed.
fn without_its_tools(trial: &Trial) -> Option<String> {
    let unmet = fails_in_tools_alone(&trial.scenario) && !trial.met && !trial.exchanges.is_empty();
    unmet.then(|| format!("the agent does not use the scripted tools (${})", VARIABLES[0]))
}

/// Whether everything that goes wrong in a scenario goes wrong in its own tools.
pub(crate) fn fails_in_tools_alone(scenario: &Scenario) -> bool {
    let file = &scenario.file;
    !file.tools.is_empty() && file.faults.is_empty() && file.admission.is_empty()
}

/// A scenario that was not played, and why.
pub(crate) fn skipped(scenario: &Scenario, why: &str) -> Graded {
    Graded { verdict: Verdict::Skipped, skipped: why.to_owned(), ..entry(scenario) }
}

/// What there is to say of a scenario before it is played.
fn entry(scenario: &Scenario) -> Graded {
    Graded {
        group: group(&scenario.name).to_owned(),
        name: scenario.name.to_string(),
        about: scenario.file.about.clone().unwrap_or_default(),
        citations: scenario.file.seen.clone(),
        expectation: expectation(&for_any_agent(scenario.file.expect.clone().unwrap_or_default())),
        ..Graded::default()
    }
}

/// What of an expectation is judged here: a sentinel stands for the texts, and how many requests come is each agent's
/// own matter.
fn for_any_agent(expect: Expect) -> Expect {
    Expect { text: Vec::new(), calls: None, ..expect }
}

fn end(trial: &Trial) -> String {
    match &trial.end.exit {
        RunExit::Success => "success".to_owned(),
        RunExit::Failure(how) => how.clone(),
        RunExit::TimedOut => "stopped at the time limit".to_owned(),
    }
}

fn shown(breach: &oracle::Breach) -> Breach {
    Breach {
        oracle: breach.oracle.id().to_owned(),
        rule: rule(breach.oracle).to_owned(),
        request: breach.request,
        what: breach.what.clone(),
    }
}

/// The requests that are kept: the first, the last, and those that show a breach.
fn requests(trial: &Trial, breaches: &[oracle::Breach]) -> Vec<Request> {
    let all = trial.exchanges.len();
    let shows = |exchange: &Exchange| breaches.iter().any(|breach| breach.request == Some(exchange.id));
    let is_kept = |index: usize| index < FIRST || index + LAST >= all || shows(&trial.exchanges[index]);
    let kept = (0..all).filter(|index| is_kept(*index)).take(FIRST + LAST + BREACHES);
    let before = |index: usize| index.checked_sub(1).map(|before| &trial.exchanges[before]);
    kept.map(|index| shown_request(index as u64 + 1, &trial.exchanges[index], before(index))).collect()
}

fn shown_request(number: u64, exchange: &Exchange, before: Option<&Arc<Exchange>>) -> Request {
    let shown = request(number, exchange);
    let after = before.map(|before| {
        let gap = exchange.started.saturating_sub(before.started);
        format!(", {} ms after the request before", gap.as_millis())
    });
    Request {
        body: both_ends(&format!("{:#}", exchange.call.body), BODY),
        summary: shown.summary.clone() + &after.unwrap_or_default(),
        ..shown
    }
}

/// The rule in a few words.
fn rule(oracle: Oracle) -> &'static str {
    match oracle {
        Oracle::MessageStop => "no success without messageStop",
        Oracle::ValidRequests => "every request passes Bedrock's validation",
        Oracle::WholeCalls => "no tool runs from an incomplete block or message",
        Oracle::OnceEach => "each toolUseId runs at most once",
        Oracle::Retries => "retries are bounded, spaced and jittered; none on permanent errors",
        Oracle::WallTime => "wall time is bounded",
        Oracle::ErrorReaches => "error type, message and request id reach the caller",
        Oracle::ShownOnce => "text that was shown is not shown twice",
        Oracle::NextTurn => "the session is usable on the next turn",
        Oracle::UsageOnce => "usage is counted once an attempt",
        Oracle::CancelCloses => "cancel closes the stream",
        Oracle::FaithfulHistory => "the history repeats what the model said, unchanged",
        Oracle::Expectation => "the scenario's own expectation",
    }
}
