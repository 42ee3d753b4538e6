//! The Wilcoxon signed-rank test, and the interval that follows from it. Knows nothing of latencies.
//!
//! Zeros are left out, ties share their mean rank. Up to 50 differences without a tie the distribution is exact; else it is the
//! normal one, with the correction for ties and without one for continuity, which is rough below some 20 differences.

use serde::{Deserialize, Serialize};

use crate::interval::{Estimate, Interval};
use crate::math::{bisect, normal_cdf};

/// The most differences for which the distribution is counted out.
const EXACT_TO: usize = 50;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedRank {
    /// Differences that are not zero.
    pub n: usize,
    /// The sum of the ranks of positive differences.
    pub w_plus: f64,
    /// Whether the probabilities were counted out.
    pub exact: bool,
    /// How probable ranks this high are, were the differences symmetric about zero.
    pub p_greater: f64,
    /// How probable ranks this low are.
    pub p_less: f64,
    /// How probable ranks this far from the middle are.
    pub p_two_sided: f64,
}

/// Tests whether `differences` lie about zero. `1` everywhere when all are zero: no evidence.
pub fn signed_rank(differences: &[f64]) -> SignedRank {
    let ranked = ranks(differences);
    let n = ranked.signs;
    if n == 0 {
        return SignedRank { n, w_plus: 0.0, exact: true, p_greater: 1.0, p_less: 1.0, p_two_sided: 1.0 };
    }
    let exact = n <= EXACT_TO && ranked.ties == 0.0 && n == differences.len();
    let (p_greater, p_less) = if exact { counted(n, ranked.w_plus) } else { normal(&ranked) };
    let p_two_sided = (2.0 * p_greater.min(p_less)).min(1.0);
    SignedRank { n, w_plus: ranked.w_plus, exact, p_greater, p_less, p_two_sided }
}

struct Ranked {
    signs: usize,
    w_plus: f64,
    /// The sum of t^3 - t over groups of equal size.
    ties: f64,
}

fn ranks(differences: &[f64]) -> Ranked {
    let mut sized: Vec<(f64, bool)> =
        differences.iter().filter(|value| **value != 0.0).map(|value| (value.abs(), *value > 0.0)).collect();
    sized.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut w_plus, mut ties, mut before) = (0.0, 0.0, 0.0);
    for group in sized.chunk_by(|a, b| a.0 == b.0) {
        let size = group.len() as f64;
        let positive = group.iter().filter(|(_, positive)| *positive).count() as f64;
        w_plus += positive * (before + (size + 1.0) / 2.0);
        ties += size * size * size - size;
        before += size;
    }
    Ranked { signs: sized.len(), w_plus, ties }
}

/// Both tails by counting the subsets of ranks that reach each sum.
fn counted(n: usize, w_plus: f64) -> (f64, f64) {
    let most = n * (n + 1) / 2;
    let mut ways = vec![0.0; most + 1];
    ways[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..=most).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let all: f64 = ways.iter().sum();
    let tail = |keep: &dyn Fn(f64) -> bool| {
        let kept = ways.iter().enumerate().filter(|(sum, _)| keep(*sum as f64)).map(|(_, ways)| ways);
        (kept.sum::<f64>() / all).min(1.0)
    };
    (tail(&|sum| sum >= w_plus), tail(&|sum| sum <= w_plus))
}

fn normal(ranked: &Ranked) -> (f64, f64) {
    let z = score(ranked);
    (normal_cdf(-z), normal_cdf(z))
}

/// How many standard deviations the rank sum lies above its middle.
fn score(ranked: &Ranked) -> f64 {
    let n = ranked.signs as f64;
    let deviation = ((n * (n + 1.0) * (2.0 * n + 1.0) - ranked.ties / 2.0) / 24.0).sqrt();
    if deviation > 0.0 { (ranked.w_plus - n * (n + 1.0) / 4.0) / deviation } else { 0.0 }
}

/// The test of whether `differences` lie about `middle`.
pub(crate) fn signed_rank_about(differences: &[f64], middle: f64) -> SignedRank {
    signed_rank(&moved(differences, middle))
}

fn moved(differences: &[f64], middle: f64) -> Vec<f64> {
    differences.iter().map(|value| value - middle).collect()
}

/// The middle of `differences` after Hodges and Lehmann, with the interval of all middles that the test would not refuse.
/// `None` for no differences.
pub fn shift(differences: &[f64], confidence: f64) -> Option<Estimate> {
    let low = differences.iter().copied().reduce(f64::min)?;
    let high = differences.iter().copied().reduce(f64::max)?;
    let tail = (1.0 - confidence) / 2.0;
    let at = |test: &dyn Fn(&SignedRank) -> bool| {
        bisect(low, high, |middle| test(&signed_rank_about(differences, middle)))
    };
    // Between two middle ranks the sum does not move: the middle of that range is the median of all pairs' means.
    let edge = |stays: fn(f64) -> bool| bisect(low, high, |at| stays(score(&ranks(&moved(differences, at)))));
    let value = edge(|score| score > 0.0).midpoint(edge(|score| score >= 0.0));
    let interval =
        Interval::new(at(&|test| test.p_greater < tail), at(&|test| test.p_less >= tail), confidence);
    Some(Estimate { value, interval })
}
