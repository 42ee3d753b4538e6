//! The percentile bootstrap, by request: a request is drawn whole, with both its arms. Knows not what a request is.

use crate::draw::Draw;
use crate::interval::{Estimate, Interval};
use crate::percentile::{quantile, sorted};

/// How often to draw anew, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// Samples drawn; 2,000 is usual.
    pub samples: usize,
    /// The seed, which a report prints.
    pub seed: u64,
}

/// `statistic` of all `items`, and the interval that it takes when as many items are drawn from them with replacement.
/// It needs some 30 items to hold what it says. `None` for no items or no samples.
pub fn bootstrap<T: Clone>(
    items: &[T],
    resampling: Resampling,
    confidence: f64,
    statistic: impl Fn(&[T]) -> f64,
) -> Option<Estimate> {
    if items.is_empty() || resampling.samples == 0 {
        return None;
    }
    let mut draw = Draw::new(resampling.seed);
    let mut sample = items.to_vec();
    let mut once = || {
        for slot in &mut sample {
            slot.clone_from(&items[draw.below(items.len())]);
        }
        statistic(&sample)
    };
    let values = sorted((0..resampling.samples).map(|_| once()).collect());
    let tail = (1.0 - confidence) / 2.0;
    let interval = Interval::new(quantile(&values, tail), quantile(&values, 1.0 - tail), confidence);
    Some(Estimate { value: statistic(items), interval })
}
