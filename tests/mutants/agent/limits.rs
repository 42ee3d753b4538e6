//! How long and how often. Small, because a test bench starts this agent thousands of times.

use std::time::{Duration, Instant};

/// Attempts for one model call.
pub(crate) const ATTEMPTS: u32 = 5;
/// Model calls for one prompt.
pub(crate) const TURNS: u32 = 12;
/// How often the same call with the same input may come in a row.
pub(crate) const REPEATS: usize = 5;
/// The longest silence before the first event.
pub(crate) const FIRST_EVENT: Duration = Duration::from_millis(1500);
/// The longest silence between two events.
pub(crate) const IDLE: Duration = Duration::from_millis(700);
/// How long a tool that somebody else serves may take.
pub(crate) const TOOL: Duration = Duration::from_millis(700);
/// The longest text of a tool's result in bytes.
pub(crate) const RESULT: usize = 20_000;
/// The largest picture of a tool's result in bytes: 5 MB are the most, and as base64 it is a third larger.
pub(crate) const PICTURE: usize = 3_500_000;
/// How many pictures a request holds.
pub(crate) const PICTURES: usize = 10;
/// How long usage figures are waited for once the message is whole.
pub(crate) const METADATA: Duration = Duration::from_millis(300);
/// The longest time for one prompt.
const PROMPT: Duration = Duration::from_millis(4500);
/// With less time than this an attempt is not worth its price.
const ATTEMPT: Duration = Duration::from_millis(500);
/// The first wait between two attempts; the next ones double.
const BASE: Duration = Duration::from_millis(100);
/// The longest wait between two attempts.
const CAP: Duration = Duration::from_millis(800);

/// When a prompt must be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// From now on.
    pub(crate) fn start() -> Self {
        Self(Instant::now() + PROMPT)
    }

    /// What is left, at most `limit`.
    pub(crate) fn within(self, limit: Duration) -> Duration {
        self.0.saturating_duration_since(Instant::now()).min(limit)
    }

    /// Whether the time is over.
    pub(crate) fn is_over(self) -> bool {
        self.0 <= Instant::now()
    }

    /// Whether there is time for this wait and for an attempt after it.
    pub(crate) fn allows(self, wait: Duration) -> bool {
        Instant::now() + wait + ATTEMPT < self.0
    }
}

/// The wait after the nth failed attempt, from 1: doubled each time, capped, and somewhere between 60 % and all of it,
/// so that clients that failed together do not come back together. It is never near zero.
pub(crate) fn backoff(attempt: u32, chance: u64) -> Duration {
    let whole = BASE.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(CAP);
    let share = 60 + u32::try_from(chance % 41).unwrap_or_default();
    whole * share / 100
}
