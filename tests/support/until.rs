//! Waits for programs of others, which say in no other way that something is so.

use std::time::{Duration, Instant};

/// Asks until it is so, for so long at most.
pub(crate) fn until(patience: Duration, what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + patience;
    while !so() {
        assert!(Instant::now() < end, "{what}");
        #[expect(clippy::disallowed_methods, reason = "each question costs the other program time")]
        std::thread::sleep(Duration::from_millis(50));
    }
}
