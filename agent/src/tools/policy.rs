//! How a tool's calls are treated. Plain data.

use std::time::Duration;

use super::token_bucket::RateLimit;
use crate::backoff::Backoff;
use crate::circuit::BreakerSettings;

/// How a tool's calls are treated. The default is a write that is tried once.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolPolicy {
    /// How long one attempt may run before it is stopped. Default: the agent's `tool_timeout`.
    pub hard_timeout: Option<Duration>,
    /// After this time, what the tool has sent in chunks is taken as its result and it is stopped. A tool that has
    /// sent nothing by then runs on; its chunks are then taken when the hard timeout stops it. Default: none.
    pub soft_timeout: Option<Duration>,
    /// Whether running it twice does what running it once does. Only then are retries and a cache allowed, and only
    /// then does it run without the ledger. Default: no.
    pub idempotent: bool,
    /// How often a transient failure is tried again. Default 0.
    pub retries: u32,
    /// The wait before the first retry; it doubles each time, up to 30 s. There is no jitter: an agent is no crowd.
    /// Default 200 ms.
    pub backoff: Duration,
    /// When to stop asking a tool that fails. Default: never.
    pub breaker: Option<BreakerSettings>,
    /// How often it may be asked. Default: without limit.
    pub rate: Option<RateLimit>,
    /// How long an output answers for the same input again. Default: not at all.
    pub cache: Option<Duration>,
    /// Tools that must have succeeded earlier in the same run, or succeed in the same message.
    pub needs: Vec<String>,
    /// The tool that is asked with the same input where this one does not give a result because it is unwell. A write
    /// that has begun has no fallback: its outcome is unknown.
    pub fallback: Option<String>,
}

/// The longest wait between two attempts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

impl Default for ToolPolicy {
    fn default() -> Self {
        Self {
            hard_timeout: None,
            soft_timeout: None,
            idempotent: false,
            retries: 0,
            backoff: Duration::from_millis(200),
            breaker: None,
            rate: None,
            cache: None,
            needs: Vec::new(),
            fallback: None,
        }
    }
}

impl ToolPolicy {
    /// The policy of a tool that only reads: idempotent, everything else by default.
    #[must_use]
    pub fn read() -> Self {
        Self { idempotent: true, ..Self::default() }
    }

    /// The wait after the nth failed attempt, from 1.
    pub(crate) fn wait_after(&self, attempt: u32) -> Duration {
        let pauses = Backoff { floor: Duration::ZERO, base: self.backoff, cap: LONGEST_BACKOFF };
        pauses.window(attempt)
    }

    /// What the policy asks for that only an idempotent tool may have.
    pub(crate) fn too_bold(&self) -> Option<&'static str> {
        match self {
            Self { idempotent: true, .. } => None,
            Self { retries: 1.., .. } => Some("retries"),
            Self { cache: Some(_), .. } => Some("a cache"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_bound() {
        let waits = |attempt| ToolPolicy::default().wait_after(attempt).as_millis();
        assert_eq!(
            [1, 2, 3, 8, 9, 32, 33, u32::MAX].map(waits),
            [200, 400, 800, 25_600, 30_000, 30_000, 30_000, 30_000]
        );
    }

    #[test]
    fn only_an_idempotent_tool_may_be_tried_again_or_remembered() {
        let retries = ToolPolicy { retries: 1, ..ToolPolicy::default() };
        let cache = ToolPolicy { cache: Some(Duration::ZERO), ..ToolPolicy::default() };
        assert_eq!((retries.too_bold(), cache.too_bold()), (Some("retries"), Some("a cache")));
        assert_eq!(ToolPolicy { idempotent: true, retries: 9, ..cache }.too_bold(), None);
        assert_eq!(ToolPolicy::default().too_bold(), None);
    }
}
