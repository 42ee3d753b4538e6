//! Lists as one text, for who tells through fields that hold none, as those of `tracing` spans. Whoever sends the span on makes a
//! list of it again.

use std::fmt::Write as _;
use std::time::Duration;

/// Times in seconds, to the microsecond, with spaces between.
#[must_use]
pub fn joined(times: impl IntoIterator<Item = Duration>) -> String {
    let mut text = String::new();
    for time in times {
        let gap = if text.is_empty() { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{gap}{:.6}", time.as_secs_f64());
    }
    text
}

/// The numbers of such a text; what is no number is left out.
#[must_use]
pub fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_joined_comes_apart_again() {
        let times = [300, 320, 910].map(Duration::from_millis);
        assert_eq!(joined(times), "0.300000 0.320000 0.910000");
        assert_eq!(numbers(&joined(times)), [0.3, 0.32, 0.91]);
        assert_eq!((joined([]), numbers("")), (String::new(), Vec::new()));
    }
}
