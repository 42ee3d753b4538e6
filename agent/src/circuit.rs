//! A circuit breaker of three states: closed, open, half-open. Pure: time is an argument, and what it guards it does not
//! know. Models and tools have one each.

use std::time::Duration;

/// When a circuit opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// After so many failures in a row. 0 never opens. Default 12: more than one call of a model makes.
    pub failures: u32,
    /// How long nothing passes, until one trial may. Default 30 s.
    pub open_for: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 12, open_for: Duration::from_secs(30) }
    }
}

/// A circuit in one of its states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Circuit {
    /// Failures in a row.
    failures: u32,
    gate: Gate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Gate {
    #[default]
    Closed,
    /// Nothing passes until then.
    Open(Duration),
    /// One trial is under way. Where it never reports (its run was dropped), another may follow after this time.
    HalfOpen(Duration),
}

impl Circuit {
    /// Failures in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether something may pass now; where not, how long until it may.
    pub(crate) fn admit(&mut self, settings: BreakerSettings, now: Duration) -> Result<(), Duration> {
        match self.gate {
            Gate::Closed => Ok(()),
            Gate::Open(until) | Gate::HalfOpen(until) if now < until => Err(until.saturating_sub(now)),
            Gate::Open(_) | Gate::HalfOpen(_) => {
                self.gate = Gate::HalfOpen(now.saturating_add(settings.open_for));
                Ok(())
            }
        }
    }

    /// What was admitted did not take place after all: a trial is free again.
    pub(crate) fn give_back(&mut self, now: Duration) {
        if let Gate::HalfOpen(_) = self.gate {
            self.gate = Gate::Open(now);
        }
    }

    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Returns whether that opened a circuit that was closed.
    pub(crate) fn failed(&mut self, settings: BreakerSettings, now: Duration) -> bool {
        self.failures = self.failures.saturating_add(1);
        let was_closed = self.gate == Gate::Closed;
        let opens = !was_closed || (settings.failures > 0 && self.failures >= settings.failures);
        self.gate = match self.gate {
            // What began before it opened tells nothing new.
            Gate::Open(until) if now < until => Gate::Open(until),
            _ if opens => Gate::Open(now.saturating_add(settings.open_for)),
            gate => gate,
        };
        was_closed && opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SETTINGS: BreakerSettings = BreakerSettings { failures: 3, open_for: Duration::from_secs(10) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Steps at given seconds: `f` failed, `s` succeeded, `b` given back, `+` passes, `-` does not.
    fn play(steps: &str) {
        let mut circuit = Circuit::default();
        for step in steps.split_whitespace() {
            let (kind, second) = step.split_at(1);
            let now = at(second.parse().unwrap());
            match kind {
                "f" => drop(circuit.failed(SETTINGS, now)),
                "s" => circuit.succeeded(),
                "b" => circuit.give_back(now),
                _ => assert_eq!(circuit.admit(SETTINGS, now).is_ok(), kind == "+", "{step} in {steps}"),
            }
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_lets_one_through_and_closes() {
        play("+0 f0 +0 f0 +0");
        play("f0 f0 s0 f0 f0 +0");
        play("f0 f0 f0 -0 -9");
        play("f0 f0 f0 +10 s11 +11 +11 f11 f11 +11");
        play("f0 f0 f0 +10 f12 -21 +22 -22");
    }

    #[test]
    fn a_trial_that_never_reports_or_did_not_take_place_is_followed_by_another() {
        play("f0 f0 f0 -9 +10 -10 -19 +20");
        play("f0 f0 f0 +10 b10 +10");
    }

    #[test]
    fn a_late_failure_does_not_lengthen_the_wait() {
        play("f0 f0 f0 f9 +10");
    }

    #[test]
    fn opening_is_told_once_and_the_wait_is_what_is_left() {
        let mut circuit = Circuit::default();
        let told: Vec<bool> = (0..4).map(|_| circuit.failed(SETTINGS, at(5))).collect();
        assert_eq!(told, [false, false, true, false]);
        assert_eq!((circuit.admit(SETTINGS, at(7)), circuit.failures()), (Err(at(8)), 4));
    }

    #[test]
    fn without_a_bound_nothing_opens() {
        let never = BreakerSettings { failures: 0, ..SETTINGS };
        let mut circuit = Circuit::default();
        assert!((0..100).all(|_| !circuit.failed(never, at(0))));
        assert_eq!(circuit.admit(never, at(0)), Ok(()));
    }

    proptest! {
        #[test]
        fn it_never_stays_shut_for_longer_than_it_says(steps in prop::collection::vec((0_u8..4, 0_u64..20), 0..60)) {
            let (mut circuit, mut now) = (Circuit::default(), Duration::ZERO);
            for (step, wait) in steps {
                now += at(wait);
                match step {
                    0 => drop(circuit.failed(SETTINGS, now)),
                    1 => circuit.succeeded(),
                    2 => circuit.give_back(now),
                    _ => if let Err(wait) = circuit.admit(SETTINGS, now) {
                        prop_assert!(wait <= SETTINGS.open_for);
                        prop_assert_eq!(circuit.clone().admit(SETTINGS, now + wait), Ok(()));
                    },
                }
            }
        }
    }
}
