//! How a queue behaves. Plain values.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How a queue behaves. All who share a queue are to have the same. The defaults are named at each field.
#[derive(Clone)]
pub struct Settings {
    /// So long a delivered job belongs to its worker, unless that extends it. Default 30 s.
    pub lease: Duration,
    /// So often a job is delivered; then it is a dead letter. At least 1. Default 5.
    pub deliveries: u32,
    /// After so long everything of a job is forgotten, done or not. Default 7 days.
    pub keep: Duration,
    /// The time of day, which all processes of a machine share. Default: the system's.
    pub clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            deliveries: 5,
            keep: Duration::from_secs(7 * 24 * 3600),
            clock: Arc::new(SystemTime::now),
        }
    }
}

impl Settings {
    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        millis((self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

/// The longest span, some 100,000 years: sums of a few stay numbers that SQLite has.
const LONGEST: u64 = 1 << 51;

/// A span in whole milliseconds.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(LONGEST).min(LONGEST)
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { lease, deliveries, keep, .. } = self;
        out.debug_struct("Settings")
            .field("lease", lease)
            .field("deliveries", deliveries)
            .field("keep", keep)
            .finish_non_exhaustive()
    }
}
