//! How long the next event of an answer may take, and what it means when it takes longer. Pure: the time is an argument.

use std::time::Duration;

/// How long something may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Patience {
    /// From now on.
    pub(crate) limit: Option<Duration>,
    /// Where it is the latency budget that ends it, the whole budget.
    pub(crate) budget: Option<Duration>,
}

impl Patience {
    /// Until the next event, or for something that has no budget.
    pub(crate) fn of(limit: Option<Duration>) -> Self {
        Self { limit, budget: None }
    }

    /// The same, but no longer than what is left of a budget for the first event.
    pub(crate) fn within(self, budget: Option<Duration>, waited: Duration) -> Self {
        let left = budget.map(|budget| budget.saturating_sub(waited));
        match (left, self.limit) {
            (Some(left), Some(limit)) if limit <= left => self,
            (Some(left), _) => Self { limit: Some(left), budget },
            (None, _) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_first_counts() {
        let s = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        let check = |limit: Option<u64>, budget: Option<u64>, expected: (Option<u64>, Option<u64>)| {
            let patience = Patience::of(s(limit)).within(s(budget), Duration::from_secs(1));
            assert_eq!(
                patience,
                Patience { limit: s(expected.0), budget: s(expected.1) },
                "{limit:?} {budget:?}"
            );
        };
        check(None, None, (None, None));
        check(Some(3), None, (Some(3), None));
        check(None, Some(3), (Some(2), Some(3)));
        check(Some(3), Some(3), (Some(2), Some(3)));
        check(Some(2), Some(3), (Some(2), None));
        check(Some(9), Some(1), (Some(0), Some(1)));
    }
}
