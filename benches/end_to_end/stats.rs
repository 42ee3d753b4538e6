//! Medians and percentiles.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Two percentiles of durations, in microseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Percentiles {
    /// Half are at most this long.
    pub(crate) p50: f64,
    /// 99 of 100 are at most this long.
    pub(crate) p99: f64,
}

impl Percentiles {
    /// Of these durations; zero when there are none.
    pub(crate) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let rank = (durations.len() * percent).div_ceil(100).max(1);
            durations.get(rank - 1).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
        };
        Self { p50: at(50), p99: at(99) }
    }
}

/// The median; of an even number of values the lower one of the two in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
