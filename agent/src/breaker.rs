//! A circuit breaker for each model: closed, open, half-open. Pure: the time is an argument.
//!
//! It counts failed attempts in a row, of all runs that share it. An open circuit saves a service that is down from more
//! requests, and the caller from waiting for what will not come.

use std::collections::HashMap;
use std::time::Duration;

/// When a circuit opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// After so many failed attempts in a row. 0 never opens. Default 12: more than one call makes.
    pub failures: u32,
    /// How long nothing is sent, until one attempt may try. Default 30 s.
    pub open_for: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 12, open_for: Duration::from_secs(30) }
    }
}

/// The circuits of all models.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    circuits: HashMap<String, Circuit>,
}

#[derive(Debug, Default)]
struct Circuit {
    /// Failed attempts in a row.
    failures: u32,
    /// Since when nothing is sent; half-open: since when one attempt is under way.
    since: Option<Duration>,
    last: String,
}

/// Why a model may not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) wait: Duration,
    pub(crate) failures: u32,
    pub(crate) last: String,
}

impl Breaker {
    /// Whether an attempt may be made. Of an open circuit one attempt passes each `open_for`: an attempt that never reports
    /// (its run was dropped) does not keep the circuit open for ever.
    pub(crate) fn admit(
        &mut self,
        model: &str,
        now: Duration,
        settings: BreakerSettings,
    ) -> Result<(), Refused> {
        let Some(circuit) = self.circuits.get_mut(model) else { return Ok(()) };
        let Some(since) = circuit.since else { return Ok(()) };
        let wait = (since + settings.open_for).saturating_sub(now);
        if wait.is_zero() {
            circuit.since = Some(now);
            return Ok(());
        }
        Err(Refused { wait, failures: circuit.failures, last: circuit.last.clone() })
    }

    /// The model answered, be it with a refusal: the circuit is closed.
    pub(crate) fn succeeded(&mut self, model: &str) {
        self.circuits.remove(model);
    }

    /// An attempt failed; returns whether that opened the circuit.
    pub(crate) fn failed(
        &mut self,
        model: &str,
        now: Duration,
        why: &str,
        settings: BreakerSettings,
    ) -> bool {
        let circuit = self.circuits.entry(model.to_owned()).or_default();
        circuit.failures = circuit.failures.saturating_add(1);
        why.clone_into(&mut circuit.last);
        let opens = settings.failures > 0 && circuit.failures >= settings.failures;
        let was_open = circuit.since.is_some();
        circuit.since = opens.then_some(now);
        opens && !was_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BreakerSettings = BreakerSettings { failures: 3, open_for: Duration::from_secs(10) };

    /// Steps at given seconds: `f` failed, `s` succeeded, `+` is let through, `-` is not.
    fn play(steps: &str) {
        let mut breaker = Breaker::default();
        for step in steps.split_whitespace() {
            let (kind, at) = step.split_at(1);
            let now = Duration::from_secs(at.parse().unwrap());
            match kind {
                "f" => drop(breaker.failed("m", now, "it broke", SETTINGS)),
                "s" => breaker.succeeded("m"),
                _ => assert_eq!(breaker.admit("m", now, SETTINGS).is_ok(), kind == "+", "{step} in {steps}"),
            }
        }
    }

    #[test]
    fn a_circuit_opens_lets_one_through_and_closes() {
        play("+0 f0 +0 f0 +0");
        play("f0 f0 s0 f0 f0 +0");
        play("f0 f0 f0 -0 -9");
        play("f0 f0 f0 -9 +10 -10 -19 +20");
        play("f0 f0 f0 +10 s11 +11 +11 f11 f11 +11");
        play("f0 f0 f0 +10 f12 -21 +22 -22");
    }

    #[test]
    fn opening_is_told_once_and_a_refusal_says_why() {
        let mut breaker = Breaker::default();
        let now = Duration::from_secs(5);
        let told: Vec<bool> = (0..4).map(|_| breaker.failed("m", now, "it broke", SETTINGS)).collect();
        assert_eq!(told, [false, false, true, false]);
        let refused = breaker.admit("m", Duration::from_secs(7), SETTINGS).unwrap_err();
        assert_eq!(refused, Refused { wait: Duration::from_secs(8), failures: 4, last: "it broke".into() });
        assert_eq!(breaker.admit("another", now, SETTINGS), Ok(()));
    }

    #[test]
    fn without_a_bound_nothing_opens() {
        let mut breaker = Breaker::default();
        let never = BreakerSettings { failures: 0, ..SETTINGS };
        assert!((0..100).all(|_| !breaker.failed("m", Duration::ZERO, "", never)));
        assert_eq!(breaker.admit("m", Duration::ZERO, never), Ok(()));
    }
}
