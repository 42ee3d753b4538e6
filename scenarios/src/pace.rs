//! When each event of a reply is due. Times are absolute offsets, computed once; nothing sums up sleeps.

use crate::file::Pace;
use crate::seed::Seed;
use std::time::Duration;

/// How fast paced replies are played.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Speed {
    /// As written, times this factor: 2 is twice as fast.
    Factor(f64),
    /// Without any waiting. Faults keep the times that they ask for.
    Max,
    /// As written.
    #[default]
    Written,
}

impl Speed {
    /// Reads `max`, `1`, `2.5x`. Factors lie between a thousandth and a million.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "max" {
            return Some(Self::Max);
        }
        let factor: f64 = text.strip_suffix('x').unwrap_or(text).parse().ok()?;
        (1e-3..=1e6).contains(&factor).then_some(Self::Factor(factor))
    }

    /// The time that a written one takes at this speed.
    pub fn scale(self, written: Duration) -> Duration {
        match self {
            Self::Written => written,
            Self::Max => Duration::ZERO,
            Self::Factor(factor) => written.div_f64(factor),
        }
    }
}

/// A running clock of offsets for one reply.
pub struct Schedule {
    pace: Pace,
    speed: Speed,
    seed: Seed,
    now: Duration,
    deltas: u64,
}

impl Schedule {
    /// A schedule that starts with the wait before the first event.
    pub fn new(pace: Pace, speed: Speed, seed: Seed) -> Self {
        let mut schedule = Self { pace, speed, seed, now: Duration::ZERO, deltas: 0 };
        schedule.wait(pace.first.0);
        schedule
    }

    /// When the next event is due; `delta` says whether it is a contentBlockDelta.
    pub fn next(&mut self, delta: bool) -> Duration {
        if delta {
            if self.deltas > 0 {
                self.wait(self.pace.token.0);
            }
            self.deltas += 1;
        }
        self.now
    }

    fn wait(&mut self, written: Duration) {
        if written.is_zero() {
            return;
        }
        let jitter = self.pace.jitter.0.min(written);
        let varied = written - jitter + jitter.mul_f64(2.0 * self.seed.unit());
        self.now += self.speed.scale(varied);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn times(pace: Pace, speed: Speed) -> Vec<u128> {
        let mut schedule = Schedule::new(pace, speed, Seed::new(1));
        [false, true, true, false, true].map(|delta| schedule.next(delta).as_millis()).to_vec()
    }

    fn pace(first: u64, token: u64, jitter: u64) -> Pace {
        let span = |ms| Span(Duration::from_millis(ms));
        Pace { first: span(first), token: span(token), jitter: span(jitter) }
    }

    #[test]
    fn deltas_after_the_first_wait_a_token_each() {
        assert_eq!(times(pace(400, 50, 0), Speed::Written), [400, 400, 450, 450, 500]);
        assert_eq!(times(pace(400, 50, 0), Speed::Factor(2.0)), [200, 200, 225, 225, 250]);
        assert_eq!(times(pace(400, 50, 0), Speed::Max), [0; 5]);
    }

    #[test]
    fn jitter_stays_within_its_bound_and_repeats() {
        let jittered = times(pace(400, 50, 10), Speed::Written);
        assert_eq!(jittered, times(pace(400, 50, 10), Speed::Written));
        assert!((390..=410).contains(&jittered[0]), "{jittered:?}");
    }

    #[test]
    fn speeds_read_as_written() {
        for (text, speed) in [
            ("max", Some(Speed::Max)),
            ("2x", Some(Speed::Factor(2.0))),
            ("0", None),
            ("1e-300", None),
            ("inf", None),
            ("fast", None),
        ] {
            assert_eq!(Speed::parse(text), speed, "{text}");
        }
    }
}
