//! What an agent learns from its calls and keeps for the next: circuits, latencies, the forms that models take. All runs of
//! an agent, and its clones, share it. It decides nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::breaker::Breaker;
use crate::cause::{Cause, OpenCircuit};
use crate::changes::Changes;
use crate::circuit::BreakerSettings;
use crate::classify::Change;
use crate::route::{Latencies, Route};

/// What an agent learned. Each method is one short step; no lock is held over a wait.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    learned: Mutex<Learned>,
}

#[derive(Debug, Default)]
struct Learned {
    breaker: Breaker,
    latencies: Latencies,
    changes: HashMap<String, Changes>,
}

impl Shared {
    /// Each step leaves the state whole, so a panic elsewhere does not spoil it.
    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn order(&self, route: &Route, first: &str) -> Vec<String> {
        route.order(first, &self.learned().latencies)
    }

    pub(crate) fn answered_after(&self, model: &str, first_event: Duration) {
        self.learned().latencies.record(model, first_event);
    }

    pub(crate) fn changes(&self, model: &str) -> Changes {
        self.learned().changes.get(model).copied().unwrap_or_else(|| Changes::known(model))
    }

    /// Remembers how to ask a model; returns whether that is news.
    pub(crate) fn change(&self, model: &str, change: Change) -> bool {
        let usual = || Changes::known(model);
        self.learned().changes.entry(model.to_owned()).or_insert_with(usual).make(change)
    }

    /// Whether a model may be asked now, or the error that says why not.
    pub(crate) fn admit(&self, model: &str, now: Duration, settings: BreakerSettings) -> Result<(), Cause> {
        self.learned().breaker.admit(model, now, settings).map_err(|refused| {
            let (wait, failures, last) = (refused.wait, refused.failures, refused.last);
            Cause::CircuitOpen(Box::new(OpenCircuit { model: model.to_owned(), wait, failures, last }))
        })
    }

    pub(crate) fn succeeded(&self, model: &str) {
        self.learned().breaker.succeeded(model);
    }

    /// Counts a failed attempt; returns whether that opened the circuit.
    pub(crate) fn failed(
        &self,
        model: &str,
        now: Duration,
        cause: &Cause,
        settings: BreakerSettings,
    ) -> bool {
        self.learned().breaker.failed(model, now, &cause.to_string(), settings)
    }
}
