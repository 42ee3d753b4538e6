//! A token bucket that hands out times to begin. Pure: time is an argument.

use std::time::Duration;

/// How often a tool may be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// How many calls may come at once after a pause; 0 counts as 1.
    pub burst: u32,
    /// Calls per second in the long run. Zero or less: no call after the burst.
    pub per_second: f64,
    /// How long a call may be held back; one that would wait longer is refused.
    pub max_wait: Duration,
}

/// Tokens, as of a time. Below zero: calls that are still held back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TokenBucket {
    tokens: f64,
    at: Duration,
}

/// A wait that no clock reaches.
const NEVER: Duration = Duration::from_secs(u32::MAX as u64);

impl TokenBucket {
    /// A full bucket.
    pub(super) fn new(limit: RateLimit) -> Self {
        Self { tokens: f64::from(limit.burst.max(1)), at: Duration::ZERO }
    }

    /// Takes a token: `Ok` with how long the call must wait, or `Err` with how long it would have to.
    pub(super) fn reserve(&mut self, limit: RateLimit, now: Duration) -> Result<Duration, Duration> {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        let full = f64::from(limit.burst.max(1));
        self.tokens = (self.tokens + passed * limit.per_second.max(0.0)).min(full);
        self.at = self.at.max(now);
        let wait = wait_for(1.0 - self.tokens, limit.per_second);
        if wait > limit.max_wait {
            return Err(wait);
        }
        self.tokens -= 1.0;
        Ok(wait)
    }
}

/// How long `missing` tokens take to come.
fn wait_for(missing: f64, per_second: f64) -> Duration {
    // The rounding of sums of tokens is no reason to wait.
    if missing <= 1e-9 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(missing / per_second.max(0.0)).map_or(NEVER, |wait| wait.min(NEVER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(burst: u32, per_second: f64, max_wait: u64) -> RateLimit {
        RateLimit { burst, per_second, max_wait: Duration::from_millis(max_wait) }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_passes_then_calls_wait_and_those_that_would_wait_too_long_are_refused() {
        let limit = limit(2, 10.0, 150);
        let mut bucket = TokenBucket::new(limit);
        let taken: Vec<_> = (0..4).map(|_| bucket.reserve(limit, ms(0))).collect();
        assert_eq!(taken, [Ok(ms(0)), Ok(ms(0)), Ok(ms(100)), Err(ms(200))]);
        assert_eq!(bucket.reserve(limit, ms(100)), Ok(ms(100)), "a refusal costs nothing");
        assert_eq!(bucket.reserve(limit, ms(10_000)), Ok(ms(0)));
        assert_eq!(bucket.reserve(limit, ms(10_000)), Ok(ms(0)), "a pause fills it up to the burst");
        assert_eq!(bucket.reserve(limit, ms(10_000)), Ok(ms(100)));
    }

    #[test]
    fn without_a_rate_nothing_follows_the_burst() {
        for rate in [0.0, -1.0, f64::NAN] {
            let limit = limit(0, rate, 1000);
            let mut bucket = TokenBucket::new(limit);
            assert_eq!(bucket.reserve(limit, ms(0)), Ok(ms(0)));
            assert_eq!(bucket.reserve(limit, ms(999_999)), Err(NEVER));
        }
    }

    proptest! {
        #[test]
        fn no_span_holds_more_calls_than_the_burst_and_the_rate_allow(
            burst in 1_u32..5, rate in 1_u32..50, gaps in prop::collection::vec(0_u64..200, 1..60),
        ) {
            let limit = limit(burst, f64::from(rate), 100);
            let (mut bucket, mut now, mut starts) = (TokenBucket::new(limit), Duration::ZERO, Vec::new());
            for gap in gaps {
                now += ms(gap);
                starts.extend(bucket.reserve(limit, now).map(|wait| now + wait));
            }
            for (at, first) in starts.iter().enumerate() {
                for (count, last) in starts[at..].iter().enumerate() {
                    let span = last.saturating_sub(*first).as_secs_f64();
                    let allowed = f64::from(burst) + span * f64::from(rate) + 1e-6;
                    prop_assert!((count + 1) as f64 <= allowed, "{} calls in {span} s", count + 1);
                }
            }
        }
    }
}
