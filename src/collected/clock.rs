//! The time as a collector wants it.

use faultline_collector::Clock;
use std::time::{SystemTime, UNIX_EPOCH};

/// The clock of this machine.
pub(crate) fn clock() -> Clock {
    Clock::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}
