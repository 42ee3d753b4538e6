//! Whether the same request is sent again, and after which pause. Pure: time and chance are arguments.

use std::time::Duration;

use crate::classify::Verdict;
use crate::deadline::Deadline;
use crate::policy::CallPolicy;

/// The retries of one model in one turn.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retries {
    made: u32,
    /// Those after failures that allow only so many.
    limited: u32,
}

impl Retries {
    /// The pause before the next attempt, which is counted; `None` where none is worth it.
    pub(crate) fn next(
        &mut self,
        verdict: &Verdict,
        policy: &CallPolicy,
        deadline: Deadline,
        now: Duration,
        chance: f64,
    ) -> Option<Duration> {
        let Verdict::Retryable { after, at_most } = verdict else { return None };
        let is_spent = self.made + 1 >= policy.max_attempts.max(1);
        let is_limited = at_most.is_some_and(|most| self.limited >= most);
        if is_spent || is_limited || after.is_some_and(|after| after > policy.longest_wait) {
            return None;
        }
        let pause = policy.backoff.pause(self.made + 1, *after, chance);
        if !deadline.allows(now, pause) {
            return None;
        }
        self.made += 1;
        self.limited += u32::from(at_most.is_some());
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Pauses in milliseconds, chance always at its highest, each attempt taking no time.
    fn pauses(verdict: &Verdict, deadline: Option<u64>) -> Vec<u128> {
        let deadline = Deadline::after(s(0), deadline.map(s));
        let mut retries = Retries::default();
        let mut now = s(0);
        std::iter::from_fn(|| {
            let pause = retries.next(verdict, &CallPolicy::patient(), deadline, now, 1.0)?;
            now += pause;
            Some(pause.as_millis())
        })
        .collect()
    }

    fn retryable(after: Option<u64>, at_most: Option<u32>) -> Verdict {
        Verdict::Retryable { after: after.map(s), at_most }
    }

    #[test]
    fn retries_are_bounded_by_attempts_kind_and_time() {
        assert_eq!(pauses(&retryable(None, None), None), [500, 1000, 2000, 4000, 8000]);
        assert_eq!(pauses(&retryable(None, Some(1)), None), [500]);
        assert_eq!(pauses(&retryable(None, None), Some(2)), [500, 1000]);
        assert_eq!(pauses(&retryable(Some(60), None), Some(100)), [60_500]);
        assert!(pauses(&retryable(Some(61), None), None).is_empty());
        assert!(pauses(&Verdict::Permanent { other_model: true }, None).is_empty());
    }

    #[test]
    fn who_makes_one_attempt_makes_no_retry() {
        let deadline = Deadline::after(s(0), None);
        let next = |policy| Retries::default().next(&retryable(None, None), &policy, deadline, s(0), 0.0);
        assert_eq!(next(CallPolicy::once()), None);
        assert_eq!(next(CallPolicy { max_attempts: 0, ..CallPolicy::once() }), None);
    }
}
