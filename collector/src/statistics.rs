//! Percentiles from raw samples, and how sure they are. Pure.
//!
//! A percentile is the sample of its rank; no value is made up between two samples. Its interval is made of samples too:
//! the number of samples below a true percentile is binomial, whatever the samples are distributed like, and so the ranks
//! between which it lies are known. Where there are too few samples, an end of the interval is open, and is said to be.

use serde::Serialize;

/// How sure an interval is to hold the true percentile, at least.
pub const CONFIDENCE: f64 = 0.95;

/// How many samples a percentile wants: some ten of them lie beyond it.
pub const ENOUGH: [(f64, usize); 3] = [(0.5, 30), (0.95, 300), (0.99, 1000)];

/// A percentile of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentile {
    /// Which share of samples is at most so great: 0.95 for the 95th.
    pub share: f64,
    /// The sample of that rank.
    pub value: f64,
    /// The lower end of its interval; `None` where the samples are too few to have one.
    pub low: Option<f64>,
    /// The upper end of its interval; `None` where the samples are too few to have one.
    pub high: Option<f64>,
    /// Whether there are samples enough for it to say something of what comes next: [`ENOUGH`].
    pub enough: bool,
}

/// What there is to say of samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// How many samples.
    pub n: usize,
    /// The smallest.
    pub least: f64,
    /// The greatest.
    pub most: f64,
    /// The 50th, 95th and 99th percentile.
    pub percentiles: [Percentile; 3],
}

/// Sums samples up; `None` where there is none. What is no number is none.
#[must_use]
pub fn summary(samples: impl IntoIterator<Item = f64>) -> Option<Summary> {
    let mut sorted: Vec<f64> = samples.into_iter().filter(|sample| !sample.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    let percentiles = [0.5, 0.95, 0.99].map(|share| percentile(&sorted, share));
    Some(Summary { n: sorted.len(), least, most, percentiles })
}

fn percentile(sorted: &[f64], share: f64) -> Percentile {
    let (low, high) = ranks(sorted.len(), share);
    // Ranks count from 1.
    let at = |rank: Option<usize>| rank.and_then(|rank| sorted.get(rank.checked_sub(1)?)).copied();
    let value = quantile(sorted, share).unwrap_or(f64::NAN);
    let enough = ENOUGH.iter().all(|(of, wanted)| share < *of || sorted.len() >= *wanted);
    Percentile { share, value, low: at(low), high: at(high), enough }
}

/// The sample of that rank in sorted samples: the smallest that `share` of them do not exceed.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between 0 and a length"
    )]
    let index = (rank as usize).saturating_sub(1);
    sorted.get(index).copied()
}

/// The ranks, from 1 to `n`, between whose samples the true percentile lies with [`CONFIDENCE`].
///
/// With `B` the number of samples not above it, binomial with `n` and `share`: the greatest rank `l` with
/// P(B < l) at most half of what is left to doubt, and the smallest rank `u` with P(B >= u) at most the other half.
#[must_use]
pub fn ranks(n: usize, share: f64) -> (Option<usize>, Option<usize>) {
    let doubt = (1.0 - CONFIDENCE) / 2.0;
    let (mut below, mut low, mut high) = (0.0, None, None);
    // `below` is P(B < rank) at the head of each turn.
    for (rank, mass) in masses(n, share).enumerate() {
        if rank >= 1 && below <= doubt {
            low = Some(rank);
        }
        if rank >= 1 && high.is_none() && 1.0 - below <= doubt {
            high = Some(rank);
            break;
        }
        below += mass;
    }
    (low, high)
}

/// P(B = 0), P(B = 1), … P(B = n). In logarithms, for the first of many samples is too small for a double.
fn masses(n: usize, share: f64) -> impl Iterator<Item = f64> {
    let (inside, outside) = (share.ln(), (1.0 - share).ln());
    let mut log = n as f64 * outside;
    (0..=n).map(move |k| {
        let mass = log.exp();
        log += ((n - k) as f64).ln() - ((k + 1) as f64).ln() + inside - outside;
        mass
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n: usize, share: f64, low: Option<usize>, high: Option<usize>) {
        assert_eq!(ranks(n, share), (low, high), "n = {n}, share = {share}");
    }

    #[test]
    fn ranks_are_those_of_the_tables() {
        // The ranks of a distribution-free 95 % interval of the median, as tables for small samples have them.
        check(5, 0.5, None, None);
        check(6, 0.5, Some(1), Some(6));
        check(10, 0.5, Some(2), Some(9));
        check(20, 0.5, Some(6), Some(15));
        check(50, 0.5, Some(18), Some(33));
        check(100, 0.5, Some(40), Some(61));
    }

    #[test]
    fn an_end_that_few_samples_cannot_give_is_open() {
        // 1 - 0.99^n must reach 0.975: 368 samples for the upper end of the 99th.
        check(367, 0.99, Some(359), None);
        assert_eq!(ranks(368, 0.99).1, Some(368));
        check(0, 0.5, None, None);
        // One sample lies below the 99th 99 times in a hundred.
        check(1, 0.99, Some(1), None);
        assert_eq!(ranks(71, 0.95).1, None);
        assert_eq!(ranks(72, 0.95).1, Some(72));
    }

    #[test]
    fn many_samples_keep_their_precision() {
        let (low, high) = ranks(1_000_000, 0.99);
        // 1.96 times the square root of n p (1 - p) is 195.
        assert!(low.unwrap().abs_diff(989_805) < 5, "{low:?}");
        assert!(high.unwrap().abs_diff(990_196) < 5, "{high:?}");
    }

    #[test]
    fn an_interval_holds_the_true_percentile_as_often_as_it_says() {
        // Samples of a known distribution, by a generator of our own: the share of intervals that miss must not pass 5 %.
        let mut state = 7_u64;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let (trials, mut missed) = (2000, 0);
        for _ in 0..trials {
            let samples: Vec<f64> = (0..400).map(|_| -(1.0 - draw()).ln()).collect();
            let summary = summary(samples).unwrap();
            let p95 = summary.percentiles[1];
            let truth = -(0.05_f64).ln();
            let inside = p95.low.is_none_or(|low| low <= truth) && p95.high.is_none_or(|high| truth <= high);
            missed += usize::from(!inside);
        }
        assert!(missed * 100 <= trials * 5 + 100, "{missed} of {trials}");
        assert!(missed > trials / 100, "an interval that never misses is wider than it must be: {missed}");
    }

    #[test]
    fn a_percentile_is_a_sample() {
        let samples = (1..=100).map(f64::from);
        let summary = summary(samples).unwrap();
        assert_eq!((summary.n, summary.least, summary.most), (100, 1.0, 100.0));
        assert_eq!(summary.percentiles.map(|p| p.value), [50.0, 95.0, 99.0]);
        assert_eq!((summary.percentiles[0].low, summary.percentiles[0].high), (Some(40.0), Some(61.0)));
        assert_eq!(summary.percentiles[2].high, None);
        assert_eq!(summary.percentiles.map(|p| p.enough), [true, false, false]);
        assert_eq!(super::summary([]), None);
        assert_eq!(super::summary([f64::NAN]), None);
    }
}
