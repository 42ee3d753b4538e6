//! Times of two arms: each arm's percentiles, and their ratio by pairs. The same prompt stands in both arms, so what differs
//! between prompts cancels out. Knows not what a limit is.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Resampling, bootstrap};
use crate::interval::{Estimate, Interval};
use crate::percentile::{Percent, Percentile, quantile, sorted};
use crate::rate::Rate;
use crate::signed_rank::{SignedRank, shift, signed_rank};
use crate::transcript::{Moment, Pair};

/// Fewest pairs for which ratios are given with an interval.
pub const FEWEST_PAIRS: usize = 30;

/// Two arms by one time. Ratios are candidate to baseline: below 1 is faster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairedLatency {
    /// Pairs of which both arms have a time above zero and no error.
    pub n: usize,
    /// Pairs left out.
    pub excluded: usize,
    /// The seed of the bootstrap.
    pub seed: u64,
    /// The baseline's percentiles in milliseconds.
    pub baseline: Vec<Percentile>,
    /// The candidate's.
    pub candidate: Vec<Percentile>,
    /// Of pairs, how many were slower in the candidate.
    pub worse: Rate,
    /// The exact interval of [`PairedLatency::worse`].
    pub worse_interval: Interval,
    /// The Wilcoxon signed-rank test on log ratios.
    pub test: SignedRank,
    /// The ratios; `None` below [`FEWEST_PAIRS`].
    pub ratios: Option<Ratios>,
}

/// What stands between two arms, in three ways.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ratios {
    /// The median of the pairs' ratios, by bootstrap.
    pub median_ratio: Estimate,
    /// The ratio of the arms' medians, by bootstrap.
    pub ratio_of_medians: Estimate,
    /// The middle ratio after Hodges and Lehmann, with the interval of the Wilcoxon test: the narrowest of the three.
    pub middle_ratio: Estimate,
}

impl Ratios {
    /// The gain that people perceive, 1 - median ratio: the share of the wait that fell away, below 0 for a loss. It says
    /// what it should where the baseline's time is [`Moment::Total`] of a unary arm and the candidate's
    /// [`Moment::FirstText`] of a streaming one.
    pub fn gain(&self) -> Estimate {
        let Interval { low, high, confidence } = self.median_ratio.interval;
        let turned = |bound: f64| 1.0 - bound;
        let interval = Interval { low: high.map(turned), high: low.map(turned), confidence };
        Estimate { value: 1.0 - self.median_ratio.value, interval }
    }
}

/// The times (baseline, candidate) of the pairs in which both arms came through without an error and have a time above zero.
pub fn times(pairs: &[Pair], baseline: Moment, candidate: Moment) -> Vec<(f64, f64)> {
    let usable = |time: &f64| time.is_finite() && *time > 0.0;
    let of = |pair: &Pair| {
        let whole = pair.baseline.error.is_none() && pair.candidate.error.is_none();
        let left = pair.baseline.times.at(baseline).filter(usable)?;
        let right = pair.candidate.times.at(candidate).filter(usable)?;
        whole.then_some((left, right))
    };
    pairs.iter().filter_map(of).collect()
}

/// The natural logarithms of candidate to baseline.
pub fn log_ratios(times: &[(f64, f64)]) -> Vec<f64> {
    times.iter().map(|(baseline, candidate)| (candidate / baseline).ln()).collect()
}

impl PairedLatency {
    /// The two arms by `moment` of each.
    pub fn of(
        pairs: &[Pair],
        [baseline, candidate]: [Moment; 2],
        confidence: f64,
        resampling: Resampling,
    ) -> Self {
        let times = times(pairs, baseline, candidate);
        let logs = log_ratios(&times);
        let worse = Rate::new(logs.iter().filter(|log| **log > 0.0).count(), logs.len());
        Self {
            n: times.len(),
            excluded: pairs.len() - times.len(),
            seed: resampling.seed,
            baseline: percentiles(times.iter().map(|time| time.0).collect(), confidence),
            candidate: percentiles(times.iter().map(|time| time.1).collect(), confidence),
            worse,
            worse_interval: worse.interval(confidence),
            test: signed_rank(&logs),
            ratios: ratios(&times, &logs, confidence, resampling),
        }
    }
}

/// All percentiles of a sample; those that it is too small for say so.
pub fn percentiles(sample: Vec<f64>, confidence: f64) -> Vec<Percentile> {
    let sample = sorted(sample);
    Percent::ALL.iter().map(|percent| Percentile::of(*percent, &sample, confidence)).collect()
}

fn ratios(times: &[(f64, f64)], logs: &[f64], confidence: f64, resampling: Resampling) -> Option<Ratios> {
    if times.len() < FEWEST_PAIRS {
        return None;
    }
    let medians = |times: &[(f64, f64)]| {
        let arm = |pick: fn(&(f64, f64)) -> f64| median(times.iter().map(pick).collect());
        arm(|time| time.1) / arm(|time| time.0)
    };
    Some(Ratios {
        median_ratio: bootstrap(logs, resampling, confidence, |logs| median(logs.to_vec()))?.map(f64::exp),
        ratio_of_medians: bootstrap(times, resampling, confidence, medians)?,
        middle_ratio: shift(logs, confidence)?.map(f64::exp),
    })
}

fn median(sample: Vec<f64>) -> f64 {
    quantile(&sorted(sample), 0.5)
}
