//! The scripted brain: Bedrock's validation first, then the scenarios.

use crate::responder::{Reply, Responder};
use crate::validate::validate;
use faultline_scenarios::exchange::{Answer, Decision, Exchange, Verdict};
use faultline_scenarios::verify::{Unmet, verify};
use faultline_scenarios::{Book, Scenario, Sessions, error_plan};
use faultline_wire::{AwsError, Call};
use serde_json::{Value, json};
use std::sync::Arc;

/// Plays a book of scenarios.
#[derive(Debug)]
pub struct Scripted {
    sessions: Sessions,
    validates: bool,
}

impl Scripted {
    /// Plays `book`; requests that Bedrock would refuse are refused in its words.
    pub fn new(book: Book) -> Self {
        Self { sessions: Sessions::new(book), validates: true }
    }

    /// The same without Bedrock's validation: every request that parses is answered.
    #[must_use]
    pub fn lenient(self) -> Self {
        Self { validates: false, ..self }
    }

    /// The book that is played.
    pub fn book(&self) -> &Book {
        self.sessions.book()
    }

    /// Everything in `exchanges` that was not as expected.
    pub fn unmet(&self, exchanges: &[Arc<Exchange>]) -> Vec<Unmet> {
        verify(self.book(), exchanges)
    }
}

impl Responder for Scripted {
    fn respond(&self, session: Arc<str>, call: Arc<Call>) -> Reply {
        let refused = self.validates.then(|| validate(&call)).flatten();
        refused.map_or_else(|| self.sessions.answer(&session, &call), |error| refusal(&error)).into()
    }

    fn reset(&self, session: Option<&str>) {
        self.sessions.reset(session);
    }

    fn scenarios(&self) -> Value {
        self.book().scenarios.iter().map(|scenario| summary(scenario)).collect()
    }

    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value {
        let problems: Vec<String> = self.unmet(exchanges).iter().map(sentence).collect();
        json!({ "passed": problems.is_empty(), "problems": problems })
    }
}

/// A refusal is an ordinary plan. It strikes no fault and counts as no call of a scenario.
fn refusal(error: &AwsError) -> Answer {
    let verdict = Verdict::Refused { error: error.name.clone(), message: error.message.clone() };
    let decision = Decision { verdict, faults: Vec::new(), seed: 0, call: 0 };
    Answer { plan: Arc::new(error_plan(error)), decision }
}

fn summary(scenario: &Scenario) -> Value {
    let file = &scenario.file;
    json!({
        "name": *scenario.name,
        "about": file.about,
        "seen": file.seen,
        "model": file.model,
        "prompt": file.prompt.as_ref().map(|prompt| prompt.all()),
        "replies": file.replies.len(),
        "faults": file.faults.iter().map(|fault| fault.kind.name()).collect::<Vec<_>>(),
    })
}

/// An unmet expectation as a sentence that names where.
pub fn sentence(unmet: &Unmet) -> String {
    let place: Vec<String> = [("session", &unmet.session), ("scenario", &unmet.scenario)]
        .into_iter()
        .filter(|(_, name)| !name.is_empty())
        .map(|(kind, name)| format!("{kind} `{name}`"))
        .collect();
    if place.is_empty() { unmet.what.clone() } else { format!("{}: {}", place.join(", "), unmet.what) }
}
