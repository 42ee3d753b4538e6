//! A draw from a latency profile. Chance is an argument.

use crate::seed::Seed;
use crate::tool_script::Latency;
use std::f64::consts::TAU;
use std::time::Duration;

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874;

/// The longest draw, as a multiple of the 99th percentile: a tail is a tail, but a test must end.
const LONGEST: f64 = 10.0;

/// How long one call takes.
pub(crate) fn draw(latency: Latency, seed: &mut Seed) -> Duration {
    let median = latency.median.0.as_secs_f64();
    let p99 = latency.p99.map_or(median, |p99| p99.0.as_secs_f64()).max(median);
    if median <= 0.0 {
        return latency.median.0;
    }
    let sigma = (p99 / median).ln() / Z99;
    Duration::from_secs_f64((median * (sigma * normal(seed)).exp()).min(p99 * LONGEST))
}

/// A standard normal draw (Box and Muller 1958).
fn normal(seed: &mut Seed) -> f64 {
    let (first, second) = (1.0 - seed.unit(), seed.unit());
    (-2.0 * first.ln()).sqrt() * (TAU * second).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn draws(median: u64, p99: Option<u64>) -> Vec<f64> {
        let span = |ms| Span(Duration::from_millis(ms));
        let latency = Latency { median: span(median), p99: p99.map(span) };
        let mut seed = Seed::new(7);
        let mut draws: Vec<f64> =
            (0..20_000).map(|_| super::draw(latency, &mut seed).as_secs_f64() * 1e3).collect();
        draws.sort_by(f64::total_cmp);
        draws
    }

    #[test]
    fn the_median_and_the_99th_percentile_are_as_written() {
        let draws = draws(100, Some(900));
        let at = |percent: usize| draws[draws.len() * percent / 100];
        assert!((97.0..103.0).contains(&at(50)), "median {}", at(50));
        assert!((820.0..990.0).contains(&at(99)), "p99 {}", at(99));
        assert!(draws.iter().all(|draw| *draw <= 9_000.0));
    }

    #[test]
    fn without_a_tail_every_call_takes_the_median() {
        assert!(draws(100, None).iter().all(|draw| (*draw - 100.0).abs() < 1e-6));
        assert!(draws(0, Some(5)).iter().all(|draw| *draw == 0.0));
    }
}
