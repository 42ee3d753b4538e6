//! How long to wait before the next attempt: capped exponential backoff with full jitter and a floor. Pure: chance is an
//! argument, and nothing here waits.

use std::time::Duration;

/// The pauses between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// No pause is shorter. Full jitter alone may draw nothing each time and use up all attempts at once. Default 100 ms.
    pub floor: Duration,
    /// The first pause is drawn from the floor up to this; each next one from twice as much. Default 500 ms.
    pub base: Duration,
    /// No pause is drawn from more than this. Default 20 s.
    pub cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            floor: Duration::from_millis(100),
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
        }
    }
}

impl Backoff {
    /// The longest pause after so many failures in a row.
    #[must_use]
    pub fn window(&self, failures: u32) -> Duration {
        let doubled = 2_u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.base.saturating_mul(doubled).min(self.cap).max(self.floor)
    }

    /// The pause after so many failures in a row. `after` is what the service asked for: the pause is never shorter, and a
    /// share of `base` comes on top, so that those who were told the same do not come back at once. `chance` is drawn evenly
    /// from 0 to 1.
    #[must_use]
    pub fn pause(&self, failures: u32, after: Option<Duration>, chance: f64) -> Duration {
        let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.0 };
        match after {
            Some(after) => after.saturating_add(self.base.mul_f64(chance)).max(self.floor),
            None => self.floor + (self.window(failures) - self.floor).mul_f64(chance),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_window_doubles_up_to_the_cap() {
        let check =
            |failures, millis| assert_eq!(Backoff::default().window(failures), ms(millis), "{failures}");
        check(0, 500);
        check(1, 500);
        check(2, 1000);
        check(5, 8000);
        check(6, 16_000);
        check(7, 20_000);
        check(u32::MAX, 20_000);
    }

    #[test]
    fn chance_draws_from_the_floor_to_the_window() {
        let check = |failures, after: Option<u64>, chance, millis| {
            assert_eq!(
                Backoff::default().pause(failures, after.map(ms), chance),
                ms(millis),
                "{failures} {chance}"
            );
        };
        check(1, None, 0.0, 100);
        check(1, None, 0.5, 300);
        check(1, None, 1.0, 500);
        check(3, None, 1.0, 2000);
        check(3, None, f64::NAN, 100);
        check(9, Some(3000), 0.0, 3000);
        check(9, Some(3000), 1.0, 3500);
        check(1, Some(0), 0.0, 100);
    }

    proptest! {
        #[test]
        fn a_pause_keeps_its_bounds(
            floor in 0_u64..5000, base in 0_u64..5000, cap in 0_u64..60_000,
            failures in 0_u32..100, chance in -1.0_f64..2.0, after in proptest::option::of(0_u64..100_000),
        ) {
            let backoff = Backoff { floor: ms(floor), base: ms(base), cap: ms(cap) };
            let pause = backoff.pause(failures, after.map(ms), chance);
            prop_assert!(pause >= ms(floor));
            match after {
                Some(after) => prop_assert!(pause >= ms(after) && pause <= ms(after + base).max(ms(floor))),
                None => prop_assert!(pause <= ms(cap.max(floor)) && pause <= backoff.window(failures)),
            }
        }
    }
}
