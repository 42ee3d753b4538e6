//! A circuit for each model, with why it opened. Pure: the time is an argument.
//!
//! It counts failed attempts in a row, of all runs that share it. An open circuit saves a service that is down from more
//! requests, and the caller from waiting for what will not come.

use std::collections::HashMap;
use std::time::Duration;

use crate::circuit::{BreakerSettings, Circuit};

/// The circuits of all models.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    models: HashMap<String, (Circuit, String)>,
}

/// Why a model may not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) wait: Duration,
    pub(crate) failures: u32,
    pub(crate) last: String,
}

impl Breaker {
    /// Whether an attempt may be made.
    pub(crate) fn admit(
        &mut self,
        model: &str,
        now: Duration,
        settings: BreakerSettings,
    ) -> Result<(), Refused> {
        let Some((circuit, last)) = self.models.get_mut(model) else { return Ok(()) };
        let refused = circuit.admit(settings, now);
        refused.map_err(|wait| Refused { wait, failures: circuit.failures(), last: last.clone() })
    }

    /// The model answered, be it with a refusal: the circuit is closed.
    pub(crate) fn succeeded(&mut self, model: &str) {
        self.models.remove(model);
    }

    /// An attempt failed; returns whether that opened the circuit.
    pub(crate) fn failed(
        &mut self,
        model: &str,
        now: Duration,
        why: &str,
        settings: BreakerSettings,
    ) -> bool {
        let (circuit, last) = self.models.entry(model.to_owned()).or_default();
        why.clone_into(last);
        circuit.failed(settings, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_has_a_circuit_and_a_refusal_says_why() {
        let settings = BreakerSettings { failures: 2, open_for: Duration::from_secs(10) };
        let (mut breaker, s) = (Breaker::default(), Duration::from_secs);
        assert!(!breaker.failed("m", s(5), "it broke", settings));
        assert!(breaker.failed("m", s(5), "it burst", settings));
        let refused = breaker.admit("m", s(7), settings).unwrap_err();
        assert_eq!(refused, Refused { wait: s(8), failures: 2, last: "it burst".into() });
        assert_eq!(breaker.admit("another", s(7), settings), Ok(()));
        breaker.succeeded("m");
        assert_eq!(breaker.admit("m", s(7), settings), Ok(()));
    }
}
