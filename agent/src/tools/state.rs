//! What is remembered of a tool between calls: its breaker, its tokens, its outputs. Pure: time is an argument.

use std::time::Duration;

use super::ToolOutput;
use super::cache::Cache;
use super::policy::ToolPolicy;
use super::token_bucket::TokenBucket;
use crate::circuit::Circuit;

/// Whether an attempt may begin.
#[derive(Debug, PartialEq)]
pub(crate) enum Gate {
    /// After this wait.
    Go(Duration),
    /// The breaker is open, or too many calls wait already: a text for the model.
    Shut(String),
}

/// What an attempt says of the tool's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answered, also with an error of the caller's.
    Well,
    /// It failed, panicked or took too long.
    Unwell,
}

/// What is remembered of a tool between calls.
#[derive(Debug)]
pub(super) struct State {
    breaker: Circuit,
    bucket: Option<TokenBucket>,
    cache: Cache,
}

impl State {
    pub(super) fn new(policy: &ToolPolicy) -> Self {
        let bucket = policy.rate.map(TokenBucket::new);
        Self { breaker: Circuit::default(), bucket, cache: Cache::default() }
    }

    pub(super) fn cached(&self, input: &str, now: Duration) -> Option<ToolOutput> {
        self.cache.get(input, now)
    }

    /// Asks for leave to begin an attempt, and takes a token for it.
    pub(super) fn admit(&mut self, policy: &ToolPolicy, now: Duration) -> Gate {
        let shut = policy.breaker.and_then(|breaker| self.breaker.admit(breaker, now).err());
        if let Some(wait) = shut {
            let again = shown(wait);
            return Gate::Shut(format!("It failed repeatedly and is not asked for another {again}."));
        }
        let (Some(limit), Some(bucket)) = (policy.rate, &mut self.bucket) else {
            return Gate::Go(Duration::ZERO);
        };
        match bucket.reserve(limit, now) {
            Ok(wait) => Gate::Go(wait),
            Err(wait) => {
                self.breaker.give_back(now);
                Gate::Shut(format!("It is asked too often; the next call is free in {}.", shown(wait)))
            }
        }
    }

    /// What an attempt showed.
    pub(super) fn report(&mut self, policy: &ToolPolicy, health: Health, now: Duration) {
        match (policy.breaker, health) {
            (None, _) => {}
            (Some(_), Health::Well) => self.breaker.succeeded(),
            // Nobody is told: the next call is.
            (Some(breaker), Health::Unwell) => drop(self.breaker.failed(breaker, now)),
        }
    }

    pub(super) fn remember(&mut self, policy: &ToolPolicy, input: String, output: ToolOutput, now: Duration) {
        if let Some(ttl) = policy.cache {
            self.cache.put(input, output, ttl, now);
        }
    }
}

/// Whole milliseconds are enough for a model.
fn shown(wait: Duration) -> String {
    format!("{:?}", Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::BreakerSettings;
    use crate::tools::RateLimit;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn without_a_policy_everything_passes_and_nothing_is_remembered() {
        let policy = ToolPolicy::default();
        let mut state = State::new(&policy);
        state.report(&policy, Health::Unwell, s(0));
        state.remember(&policy, "{}".into(), ToolOutput::Text("x".into()), s(0));
        assert_eq!((state.admit(&policy, s(0)), state.cached("{}", s(0))), (Gate::Go(s(0)), None));
    }

    #[test]
    fn a_shut_gate_says_why_and_a_refused_trial_is_not_lost() {
        let rate = RateLimit { burst: 1, per_second: 0.1, max_wait: s(0) };
        let breaker = BreakerSettings { failures: 1, open_for: s(5) };
        let policy = ToolPolicy { rate: Some(rate), breaker: Some(breaker), ..ToolPolicy::default() };
        let mut state = State::new(&policy);
        assert_eq!(state.admit(&policy, s(0)), Gate::Go(s(0)));
        state.report(&policy, Health::Unwell, s(0));
        let shut = "It failed repeatedly and is not asked for another 4s.";
        assert_eq!(state.admit(&policy, s(1)), Gate::Shut(shut.into()));
        let shut = "It is asked too often; the next call is free in 4s.";
        assert_eq!(state.admit(&policy, s(6)), Gate::Shut(shut.into()));
        assert_eq!(state.admit(&policy, s(10)), Gate::Go(s(0)), "the trial takes place later");
    }
}
