//! A percentile, where there are samples enough to speak of one, with an interval that assumes no distribution. Knows not
//! what was measured.

use serde::{Deserialize, Serialize};

use crate::interval::{Estimate, Interval};
use crate::math::binomial_quantile;

/// The percentiles that reports speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Percent {
    /// The median.
    P50,
    /// What 95 of 100 do not pass.
    P95,
    /// What 99 of 100 do not pass.
    P99,
}

impl Percent {
    /// All of them, the lowest first.
    pub const ALL: [Self; 3] = [Self::P50, Self::P95, Self::P99];

    /// The share of samples at or below it.
    pub fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
        }
    }

    /// The fewest samples from which intervals were found to hold what they say: 30, 300, 1,000.
    pub fn needs(self) -> usize {
        match self {
            Self::P50 => 30,
            Self::P95 => 300,
            Self::P99 => 1_000,
        }
    }
}

/// A percentile of one sample, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "reading")]
pub enum Percentile {
    /// There were samples enough.
    #[serde(rename_all = "camelCase")]
    Given {
        /// Which one.
        percent: Percent,
        /// How many samples.
        n: usize,
        /// The value in the unit of the samples.
        estimate: Estimate,
    },
    /// There were too few, so none is given.
    #[serde(rename_all = "camelCase")]
    TooFew {
        /// Which one.
        percent: Percent,
        /// How many samples.
        n: usize,
        /// How many it takes.
        needs: usize,
    },
}

impl Percentile {
    /// The percentile of `sorted` (ascending, no NaN) with an interval of at least `confidence`.
    pub fn of(percent: Percent, sorted: &[f64], confidence: f64) -> Self {
        let (n, needs) = (sorted.len(), percent.needs());
        if n < needs {
            return Self::TooFew { percent, n, needs };
        }
        let interval = order_interval(sorted, percent.share(), confidence);
        Self::Given { percent, n, estimate: Estimate { value: quantile(sorted, percent.share()), interval } }
    }

    /// The value with its interval, where there is one.
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Given { estimate, .. } => Some(estimate),
            Self::TooFew { .. } => None,
        }
    }
}

/// A quantile of `sorted` by linear interpolation (type 7 of Hyndman and Fan); 0 for no samples.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = share * last as f64;
    let below = floor_index(place).min(last);
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a slice, never negative"
)]
fn floor_index(place: f64) -> usize {
    place.floor() as usize
}

/// The exact interval between two order statistics: how many samples lie below a quantile is binomial.
fn order_interval(sorted: &[f64], share: f64, confidence: f64) -> Interval {
    let n = sorted.len();
    let tail = (1.0 - confidence) / 2.0;
    let low = binomial_quantile(tail, n, share).checked_sub(1).and_then(|place| sorted.get(place));
    let high = sorted.get(binomial_quantile(1.0 - tail, n, share));
    Interval { low: low.copied(), high: high.copied(), confidence }
}

/// A sample in ascending order.
pub(crate) fn sorted(mut sample: Vec<f64>) -> Vec<f64> {
    sample.sort_by(f64::total_cmp);
    sample
}
