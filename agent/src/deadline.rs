//! A moment by which something must be over, on the clock of a run. Pure: the time is an argument.

use std::time::Duration;

/// A moment on a [`Clock`](crate::Clock), or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    at: Option<Duration>,
}

impl Deadline {
    /// So long from now; without a limit, never.
    pub(crate) fn after(now: Duration, limit: Option<Duration>) -> Self {
        Self { at: limit.and_then(|limit| now.checked_add(limit)) }
    }

    /// What is left; `None` without a limit.
    pub(crate) fn left(self, now: Duration) -> Option<Duration> {
        self.at.map(|at| at.saturating_sub(now))
    }

    /// Whether so long a pause would end before the deadline.
    pub(crate) fn allows(self, now: Duration, pause: Duration) -> bool {
        self.left(now).is_none_or(|left| pause < left)
    }

    /// The shorter of `limit` and what is left.
    pub(crate) fn within(self, now: Duration, limit: Option<Duration>) -> Option<Duration> {
        match (self.left(now), limit) {
            (Some(left), Some(limit)) => Some(left.min(limit)),
            (left, limit) => left.or(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_pause_must_end_before_the_deadline() {
        let deadline = Deadline::after(s(10), Some(s(5)));
        assert_eq!(
            [s(10), s(14), s(15), s(99)].map(|now| deadline.left(now)),
            [5, 1, 0, 0].map(|left| Some(s(left)))
        );
        assert!(
            deadline.allows(s(10), s(4)) && !deadline.allows(s(10), s(5)) && !deadline.allows(s(20), s(0))
        );
        let never = Deadline::after(s(10), None);
        assert!(never.allows(s(10), Duration::MAX) && never.left(s(99)).is_none());
    }

    #[test]
    fn a_limit_is_never_longer_than_what_is_left() {
        let check = |limit: Option<u64>, within: Option<u64>, expected: Option<u64>| {
            let deadline = Deadline::after(s(0), limit.map(s));
            assert_eq!(deadline.within(s(1), within.map(s)), expected.map(s), "{limit:?} {within:?}");
        };
        check(None, None, None);
        check(None, Some(3), Some(3));
        check(Some(3), None, Some(2));
        check(Some(3), Some(9), Some(2));
        check(Some(9), Some(3), Some(3));
    }
}
