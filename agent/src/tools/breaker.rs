//! A circuit breaker of three states: closed, open, half-open. Pure: time is an argument.

use std::time::Duration;

/// When a tool is no longer asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// How many failures in a row open it; 0 counts as 1.
    pub failures: u32,
    /// How long it stays open before one call is let through as a trial.
    pub open_for: Duration,
}

/// A breaker in one of its states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaker {
    /// Calls pass; this many failed in a row.
    Closed(u32),
    /// No call passes until then.
    Open(Duration),
    /// One trial is under way. Where it never reports (its run was dropped), another may follow after this time.
    HalfOpen(Duration),
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self::Closed(0)
    }

    /// Whether a call may pass now; where not, how long until one may.
    pub(super) fn admit(&mut self, policy: BreakerPolicy, now: Duration) -> Result<(), Duration> {
        match *self {
            Self::Closed(_) => Ok(()),
            Self::Open(until) | Self::HalfOpen(until) if now < until => Err(until.saturating_sub(now)),
            Self::Open(_) | Self::HalfOpen(_) => {
                *self = Self::HalfOpen(now.saturating_add(policy.open_for));
                Ok(())
            }
        }
    }

    /// A call that was admitted did not take place after all: a trial is free again.
    pub(super) fn give_back(&mut self, now: Duration) {
        if let Self::HalfOpen(_) = self {
            *self = Self::Open(now);
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::Closed(0);
    }

    pub(super) fn failed(&mut self, policy: BreakerPolicy, now: Duration) {
        let open = Self::Open(now.saturating_add(policy.open_for));
        *self = match *self {
            Self::Closed(failures) if failures + 1 < policy.failures => Self::Closed(failures + 1),
            // A call that began before the breaker opened tells nothing new.
            Self::Open(until) if now < until => Self::Open(until),
            _ => open,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: BreakerPolicy = BreakerPolicy { failures: 2, open_for: Duration::from_secs(10) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_a_trial_that_succeeds() {
        let mut breaker = Breaker::new();
        breaker.failed(POLICY, at(1));
        breaker.succeeded();
        breaker.failed(POLICY, at(2));
        assert_eq!(breaker.admit(POLICY, at(2)), Ok(()), "one failure in a row is none too many");
        breaker.failed(POLICY, at(3));
        assert_eq!(breaker.admit(POLICY, at(4)), Err(at(9)));
        assert_eq!(breaker.admit(POLICY, at(13)), Ok(()), "the trial");
        assert_eq!(breaker.admit(POLICY, at(13)), Err(at(10)), "one trial only");
        breaker.succeeded();
        assert_eq!(breaker, Breaker::Closed(0));
    }

    #[test]
    fn a_trial_that_fails_opens_it_again() {
        let mut breaker = Breaker::Open(at(5));
        assert_eq!(breaker.admit(POLICY, at(5)), Ok(()));
        breaker.failed(POLICY, at(6));
        assert_eq!(breaker, Breaker::Open(at(16)));
    }

    #[test]
    fn a_trial_that_never_reports_or_did_not_take_place_is_followed_by_another() {
        let mut breaker = Breaker::Open(at(5));
        assert_eq!(breaker.admit(POLICY, at(5)), Ok(()));
        assert_eq!(breaker.admit(POLICY, at(15)), Ok(()));
        breaker.give_back(at(15));
        assert_eq!(breaker.admit(POLICY, at(15)), Ok(()));
    }

    #[test]
    fn a_late_failure_does_not_lengthen_the_wait() {
        let mut breaker = Breaker::Open(at(5));
        breaker.failed(POLICY, at(4));
        assert_eq!(breaker, Breaker::Open(at(5)));
    }

    proptest! {
        #[test]
        fn it_never_stays_shut_for_longer_than_it_says(steps in prop::collection::vec((0_u8..4, 0_u64..20), 0..60)) {
            let (mut breaker, mut now) = (Breaker::new(), Duration::ZERO);
            for (step, wait) in steps {
                now += at(wait);
                match step {
                    0 => breaker.failed(POLICY, now),
                    1 => breaker.succeeded(),
                    2 => breaker.give_back(now),
                    _ => if let Err(wait) = breaker.admit(POLICY, now) {
                        prop_assert!(wait <= POLICY.open_for);
                        prop_assert_eq!(breaker.clone().admit(POLICY, now + wait), Ok(()));
                    },
                }
            }
        }
    }
}
