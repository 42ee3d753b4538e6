//! A range that holds an unknown value with a stated probability, and an estimate with its range. Knows no statistics.

use serde::{Deserialize, Serialize};

/// A closed range. A bound that the sample cannot give is absent: the range is open on that side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// The lower bound.
    pub low: Option<f64>,
    /// The upper bound.
    pub high: Option<f64>,
    /// The probability with which such ranges hold the true value, for example 0.95.
    pub confidence: f64,
}

impl Interval {
    /// A range with both bounds.
    pub fn new(low: f64, high: f64, confidence: f64) -> Self {
        Self { low: Some(low), high: Some(high), confidence }
    }

    /// Both bounds under an increasing function.
    #[must_use]
    pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self { low: self.low.map(&change), high: self.high.map(&change), confidence: self.confidence }
    }

    /// Whether the range holds `value`.
    pub fn holds(&self, value: f64) -> bool {
        self.low.is_none_or(|low| low <= value) && self.high.is_none_or(|high| value <= high)
    }
}

/// A value and the range in which the truth lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The best single value.
    pub value: f64,
    /// Its range.
    pub interval: Interval,
}

impl Estimate {
    /// Value and bounds under an increasing function.
    #[must_use]
    pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self { value: change(self.value), interval: self.interval.map(&change) }
    }
}
