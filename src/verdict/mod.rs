//! What `run` says of a suite: a pure verdict over its command and its exchanges, and its three forms.

mod junit;
mod text;

use faultline_mock_bedrock::scripted::sentence;
use faultline_scenarios::exchange::{Exchange, Verdict as Decided};
use faultline_scenarios::verify::Unmet;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use junit::{case, junit};
pub(crate) use text::text;

/// How the command itself ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandEnd {
    /// The command line.
    pub(crate) command: String,
    /// `None` when it succeeded, else how it failed.
    pub(crate) failure: Option<String>,
}

/// The judgement on one scenario in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// The session; empty for the default one.
    pub(crate) session: String,
    /// The scenario.
    pub(crate) scenario: String,
    /// How many requests it answered.
    pub(crate) requests: usize,
    /// What was not as expected.
    pub(crate) problem: Option<String>,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// How the command ended.
    pub(crate) command: CommandEnd,
    /// Every scenario that was played.
    pub(crate) cases: Vec<Case>,
    /// Problems of no scenario: unmatched requests, unknown paths, silence.
    pub(crate) problems: Vec<String>,
    /// How many requests arrived.
    pub(crate) requests: usize,
    /// How many snapshots are new or differ, and wait for a decision.
    pub(crate) undecided: usize,
}

impl Verdict {
    /// Judges what happened.
    pub(crate) fn new(
        command: CommandEnd,
        exchanges: &[Arc<Exchange>],
        unmet: &[Unmet],
        strays: &[String],
    ) -> Self {
        let (of_scenarios, of_none): (Vec<&Unmet>, Vec<&Unmet>) =
            unmet.iter().partition(|unmet| !unmet.scenario.is_empty());
        let mut problems: Vec<String> = of_none.into_iter().map(sentence).collect();
        problems.extend(strays.iter().map(|stray| format!("{stray} is no operation of Bedrock Runtime")));
        if exchanges.is_empty() {
            problems.push(
                "no request arrived: does the command use the endpoint that its environment names?"
                    .to_owned(),
            );
        }
        let cases = cases(exchanges, &of_scenarios);
        Self { command, cases, problems, requests: exchanges.len(), undecided: 0 }
    }

    /// Whether nothing was wrong.
    pub(crate) fn passed(&self) -> bool {
        self.command.failure.is_none()
            && self.problems.is_empty()
            && self.undecided == 0
            && self.cases.iter().all(|case| case.problem.is_none())
    }

    /// The verdict as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let case = |case: &Case| json!({ "session": case.session, "scenario": case.scenario, "requests": case.requests, "problem": case.problem });
        json!({
            "passed": self.passed(),
            "command": { "line": self.command.command, "failure": self.command.failure },
            "requests": self.requests,
            "scenarios": self.cases.iter().map(case).collect::<Vec<_>>(),
            "problems": self.problems,
            "undecidedSnapshots": self.undecided,
        })
    }
}

fn cases(exchanges: &[Arc<Exchange>], unmet: &[&Unmet]) -> Vec<Case> {
    let mut requests: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for exchange in exchanges {
        if let Decided::Scripted { scenario, .. } = &exchange.decision.verdict {
            *requests.entry((&exchange.session, scenario)).or_default() += 1;
        }
    }
    let problem = |session: &str, scenario: &str| {
        let own = unmet.iter().filter(|unmet| *unmet.session == *session && *unmet.scenario == *scenario);
        let said: Vec<&str> = own.map(|unmet| unmet.what.as_str()).collect();
        (!said.is_empty()).then(|| said.join("; "))
    };
    let case = |((session, scenario), requests): ((&str, &str), usize)| Case {
        session: session.to_owned(),
        scenario: scenario.to_owned(),
        requests,
        problem: problem(session, scenario),
    };
    requests.into_iter().map(case).collect()
}
