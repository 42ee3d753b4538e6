//! The scripted brain: Bedrock's validation first, then the scenarios.

use crate::exempt::exempt;
use crate::refusal::refused;
use crate::responder::{Arrival, Reply, Responder};
use crate::validate::{Layer, Refusal, refusal, refusal_but};
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::file::Fault;
use faultline_scenarios::verify::{Unmet, verify};
use faultline_scenarios::{Book, Scenario, Sessions};
use faultline_wire::{AwsError, Call};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Plays a book of scenarios.
#[derive(Debug)]
pub struct Scripted {
    sessions: Sessions,
    validates: bool,
    /// The faults that were added while it played, as written, each with its session; none is all sessions. In the order
    /// in which the sessions hold them.
    injected: Mutex<Vec<(Option<String>, Value)>>,
}

impl Scripted {
    /// Plays `book`; requests that Bedrock would refuse are refused in its words.
    pub fn new(book: Book) -> Self {
        Self { sessions: Sessions::new(book), validates: true, injected: Mutex::default() }
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

    /// Bedrock's refusal, if it validates and refuses. What the session's scenario makes unfair is not asked.
    fn refusal(&self, session: &str, call: &Call) -> Option<Refusal> {
        let refusal = self.validates.then(|| refusal(call)).flatten()?;
        // To find the scenario costs time, so only for the few requests that it can save.
        if refusal.rules.iter().all(|rule| rule.layer() != Layer::Model) {
            return Some(refusal);
        }
        let exempt = self.book().choose(session, call).map(|scenario| exempt(&scenario.file));
        refusal_but(call, &exempt.unwrap_or_default())
    }

    /// Everything in `exchanges` that was not as expected.
    pub fn unmet(&self, exchanges: &[Arc<Exchange>]) -> Vec<Unmet> {
        verify(self.book(), exchanges)
    }

    fn added(&self) -> MutexGuard<'_, Vec<(Option<String>, Value)>> {
        self.injected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Responder for Scripted {
    fn respond(&self, Arrival { session, call, now, .. }: Arrival) -> Reply {
        match self.refusal(&session, &call) {
            Some(refusal) => {
                let rules = refusal.rules.iter().map(|rule| rule.name).collect();
                refused(&AwsError::validation(refusal.message), rules).into()
            }
            None => self.sessions.answer(&session, &call, now).into(),
        }
    }

    fn reset(&self, session: Option<&str>) {
        let mut added = self.added();
        self.sessions.reset(session);
        added.retain(|(of, _)| session.is_some() && of.as_deref() != session);
    }

    fn inject(&self, session: Option<&str>, fault: Fault, written: Value) -> bool {
        let mut added = self.added();
        self.sessions.inject(session, fault);
        added.push((session.map(str::to_owned), written));
        true
    }

    fn injected(&self, session: Option<&str>) -> Value {
        let added = self.added();
        let known = added.iter().zip(self.sessions.injected());
        let wanted = known.filter(|((of, _), _)| session.is_none() || of.as_deref() == session);
        wanted
            .map(|((of, fault), known)| json!({ "session": of, "fault": fault, "struck": known.struck }))
            .collect()
    }

    fn forget_injected(&self, session: Option<&str>) -> usize {
        let mut added = self.added();
        let before = added.len();
        self.sessions.forget(session);
        added.retain(|(of, _)| session.is_some() && of.as_deref() != session);
        before - added.len()
    }

    fn scenarios(&self) -> Value {
        self.book().scenarios.iter().map(|scenario| summary(scenario)).collect()
    }

    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value {
        let problems: Vec<String> = self.unmet(exchanges).iter().map(sentence).collect();
        json!({ "passed": problems.is_empty(), "problems": problems })
    }
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
