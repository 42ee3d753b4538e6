//! How often something happened, and whether it happened more often in one arm than in the other. Exact methods only, for
//! what is counted here is rare. Knows not what is counted.

use serde::{Deserialize, Serialize};

use crate::interval::{Estimate, Interval};
use crate::math::{beta_quantile, ln_choose};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// How many showed it; never more than `of`.
    pub count: usize,
    /// How many were looked at.
    pub of: usize,
}

impl Rate {
    /// A rate; `count` is held to `of`.
    pub fn new(count: usize, of: usize) -> Self {
        Self { count: count.min(of), of }
    }

    /// The share, 0 where nothing was looked at.
    pub fn share(&self) -> f64 {
        if self.of == 0 { 0.0 } else { self.count as f64 / self.of as f64 }
    }

    /// The exact two-sided interval of Clopper and Pearson.
    pub fn interval(&self, confidence: f64) -> Interval {
        let tail = (1.0 - confidence) / 2.0;
        Interval::new(self.lower(tail), self.upper(tail), confidence)
    }

    /// The exact upper bound that the true rate passes with probability `alpha` at most. With no success in n this is
    /// `1 - alpha^(1/n)`: 0.99 % at n = 300 and alpha = 0.05. It is 1 where nothing was looked at.
    pub fn upper(&self, alpha: f64) -> f64 {
        if self.count >= self.of {
            return 1.0;
        }
        beta_quantile(self.count as f64 + 1.0, (self.of - self.count) as f64, 1.0 - alpha)
    }

    /// The exact lower bound below which the true rate lies with probability `alpha` at most.
    pub fn lower(&self, alpha: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        beta_quantile(self.count as f64, (self.of - self.count) as f64 + 1.0, alpha)
    }

    /// How much larger this rate is than `other`, with an interval that holds the true difference at least as often as it
    /// says. Each rate gets an exact interval of half the error; their corners are the bounds. So it is exact also where
    /// both rates come from the same prompts, and wider than approximate ones.
    pub fn over(&self, other: &Self, confidence: f64) -> Estimate {
        let half = 1.0 - (1.0 - confidence) / 2.0;
        let (mine, theirs) = (self.interval(half), other.interval(half));
        let less = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a - b);
        let interval =
            Interval { low: less(mine.low, theirs.high), high: less(mine.high, theirs.low), confidence };
        Estimate { value: self.share() - other.share(), interval }
    }

    /// Fisher's exact test, one-sided: how probable a count at least this high is, were both rates the same and the samples
    /// independent.
    pub fn p_higher_than(&self, other: &Self) -> f64 {
        let (successes, all) = (self.count + other.count, self.of + other.of);
        let most = successes.min(self.of);
        let ln_all = ln_choose(all, successes);
        let chance = |count: usize| {
            (ln_choose(self.of, count) + ln_choose(other.of, successes - count) - ln_all).exp()
        };
        let possible = |count: &usize| successes - count <= other.of;
        (self.count..=most).filter(possible).map(chance).sum::<f64>().min(1.0)
    }
}
