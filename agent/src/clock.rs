//! Time as an argument: the agent measures through a [`Clock`], so a test can own it.

use std::time::Duration;

use tokio::time::Instant;

/// A monotonic clock.
pub trait Clock: Send + Sync {
    /// Time since some fixed origin of this clock. It never goes back.
    fn now(&self) -> Duration;
}

/// tokio's clock; a paused tokio runtime pauses it.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    origin: Instant,
}

impl Default for TokioClock {
    fn default() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }
}
