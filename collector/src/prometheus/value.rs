//! What a series is at a moment.

/// A value of one kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A counter or a gauge.
    Number(f64),
    /// A histogram.
    Distribution {
        /// The upper bounds of all buckets but the last.
        bounds: Vec<f64>,
        /// What is in each bucket alone; as many as bounds and one, or none at all.
        counts: Vec<u64>,
        /// What all samples come to, where that is known.
        sum: Option<f64>,
        /// How many samples.
        count: u64,
    },
    /// A summary.
    Quantiles {
        /// Shares, and the values at them.
        quantiles: Vec<(f64, f64)>,
        /// What all samples come to.
        sum: f64,
        /// How many samples.
        count: u64,
    },
}

impl Value {
    /// Both together. Where their buckets differ, nothing is known of both together: then it is the later one alone.
    pub(super) fn plus(self, later: Self) -> Self {
        match (self, later) {
            (Self::Number(one), Self::Number(other)) => Self::Number(one + other),
            (
                Self::Distribution { bounds, counts, sum, count },
                Self::Distribution { bounds: same, counts: more, sum: more_sum, count: more_count },
            ) if bounds == same && counts.len() == more.len() => Self::Distribution {
                bounds,
                counts: counts.iter().zip(more).map(|(one, other)| one.saturating_add(other)).collect(),
                sum: sum.zip(more_sum).map(|(one, other)| one + other),
                count: count.saturating_add(more_count),
            },
            (
                Self::Quantiles { sum, count, .. },
                Self::Quantiles { quantiles, sum: more, count: more_count },
            ) => Self::Quantiles { quantiles, sum: sum + more, count: count.saturating_add(more_count) },
            (_, later) => later,
        }
    }

    /// Whether it cannot have grown to `later`: the process has begun again.
    pub(super) fn is_beyond(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Number(one), Self::Number(other)) => one > other,
            (Self::Distribution { count, .. }, Self::Distribution { count: other, .. })
            | (Self::Quantiles { count, .. }, Self::Quantiles { count: other, .. }) => count > other,
            _ => true,
        }
    }
}
