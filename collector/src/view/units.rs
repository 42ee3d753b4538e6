//! Durations as people read them.

use crate::statistics::Percentile;

/// Seconds with three digits or so and a unit: `0 s`, `12.3 µs`, `4.0 ms`, `812 ms`, `1.23 s`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if !s.is_finite() || s <= 0.0 => return "0 s".to_owned(),
        s if s < 999.5e-6 => (s * 1e6, "µs"),
        s if s < 0.9995 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A percentile of durations with its interval: `812 ms [790 ms, 1.02 s]`, with `…` for an open end.
#[must_use]
pub fn percentile(percentile: &Percentile) -> String {
    let end = |end: Option<f64>| end.map_or_else(|| "…".to_owned(), duration);
    format!("{} [{}, {}]", duration(percentile.value), end(percentile.low), end(percentile.high))
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn three_digits_and_a_unit() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (-1.0, "0 s"),
            (f64::NAN, "0 s"),
            (0.000_012_34, "12.3 µs"),
            (0.004, "4.00 ms"),
            (0.812, "812 ms"),
            (0.9996, "1.00 s"),
            (1.234, "1.23 s"),
            (83.0, "83.0 s"),
            (5000.0, "5000 s"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
