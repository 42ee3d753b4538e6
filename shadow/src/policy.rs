//! What a candidate is held to. Data only: whoever uses it reads the file.

use serde::{Deserialize, Serialize};

use crate::divergence::Class;
use crate::looks::Looks;
use crate::percentile::Percent;
use crate::transcript::Moment;

/// A policy. Its default holds the candidate to equal answers, and to nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Policy {
    /// The probability with which an equal candidate may fail, over all gates and looks together; above 0, below 0.5.
    pub alpha: f64,
    /// Fewest pairs for a pass.
    pub minimum_pairs: usize,
    /// The planned looks.
    pub looks: Looks,
    /// Limits on differences.
    pub divergence: Vec<DivergenceLimit>,
    /// Limits on the ratio of times.
    pub ratio: Vec<RatioLimit>,
    /// Limits on the candidate's own times.
    pub percentile: Vec<PercentileLimit>,
    /// A limit on errors.
    pub errors: Option<ErrorLimit>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            minimum_pairs: 300,
            looks: Looks::default(),
            divergence: vec![DivergenceLimit::default()],
            ratio: Vec::new(),
            percentile: Vec::new(),
            errors: None,
        }
    }
}

/// How much may differ. A class in which the noise arm never differs is hard: more than `tolerated` pairs fail. One in which it
/// does is held against the noise: it fails where it differs more often than noise explains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DivergenceLimit {
    /// The classes; none means all.
    pub classes: Vec<Class>,
    /// Pairs that may differ in hard classes.
    pub tolerated: usize,
    /// To pass, the upper bound of the rate, or of what it has over the noise, must not be above this share.
    pub upper_bound: f64,
}

impl Default for DivergenceLimit {
    fn default() -> Self {
        Self { classes: Vec::new(), tolerated: 0, upper_bound: 0.02 }
    }
}

/// How much slower the candidate may be, by pairs. It fails where the Wilcoxon test says that the middle ratio is above the limit,
/// passes where it says that it is below, and waits for more otherwise. At a limit of 1 an equal candidate hardly passes: leave room.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RatioLimit {
    /// The candidate's time.
    pub moment: Moment,
    /// The baseline's time, where it is another one.
    #[serde(default)]
    pub baseline_moment: Option<Moment>,
    /// The ratio, candidate to baseline, that it must not pass: 1.05 lets it be 5 % slower.
    pub at_most: f64,
}

/// How slow a percentile of the candidate may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PercentileLimit {
    /// The candidate's time.
    pub moment: Moment,
    /// Which percentile.
    pub percent: Percent,
    /// The limit in milliseconds.
    pub at_most_ms: f64,
}

/// How many more errors the candidate may have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorLimit {
    /// The share of pairs by which its error rate may lie above the baseline's.
    pub at_most_over: f64,
}

/// A policy that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// `alpha` is out of range.
    #[error("`alpha` is {0}, but must lie between 0 and 0.5")]
    Alpha(f64),
    /// No look is planned.
    #[error("`looks.planned` is 0, but at least one look must be planned")]
    NoLook,
    /// There is no gate.
    #[error("the policy has no limit: everything would pass")]
    NoGate,
    /// A limit is out of range.
    #[error("`{name}` is {value}, but must be {must}")]
    Limit {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        must: &'static str,
    },
}

impl Policy {
    /// Whether the policy makes sense.
    ///
    /// # Errors
    ///
    /// The first setting that does not.
    pub fn check(&self) -> Result<(), PolicyError> {
        if !(self.alpha > 0.0 && self.alpha < 0.5) {
            return Err(PolicyError::Alpha(self.alpha));
        }
        if self.looks.planned == 0 {
            return Err(PolicyError::NoLook);
        }
        if self.gates() == 0 {
            return Err(PolicyError::NoGate);
        }
        let shares = self.divergence.iter().map(|limit| ("divergence.upperBound", limit.upper_bound));
        let shares = shares.chain(self.errors.map(|limit| ("errors.atMostOver", limit.at_most_over)));
        let bad_share = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share));
        let above = self.ratio.iter().map(|limit| ("ratio.atMost", limit.at_most));
        let above =
            above.chain(self.percentile.iter().map(|limit| ("percentile.atMostMs", limit.at_most_ms)));
        let bad_above = above.into_iter().find(|(_, limit)| !(limit.is_finite() && *limit > 0.0));
        let refused = |must| move |(name, value)| Err(PolicyError::Limit { name, value, must });
        bad_share.map_or(Ok(()), refused("between 0 and 1"))?;
        bad_above.map_or(Ok(()), refused("above 0"))
    }

    /// How many gates share the error.
    pub(crate) fn gates(&self) -> usize {
        self.divergence.len() + self.ratio.len() + self.percentile.len() + usize::from(self.errors.is_some())
    }
}
