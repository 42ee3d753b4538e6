//! Figures as people read them: durations, sizes, counts.

/// Milliseconds as a duration of at most seven characters or so: `0.4 ms`, `812 ms`, `1.23 s`, `200 s`.
pub(crate) fn duration(ms: f64) -> String {
    let ms = sane(ms);
    match ms {
        _ if ms == 0.0 => "0 ms".to_owned(),
        _ if ms < 9.95 => format!("{ms:.1} ms"),
        _ if ms < 999.5 => format!("{ms:.0} ms"),
        _ if ms < 9_995.0 => format!("{:.2} s", ms / 1e3),
        _ if ms < 99_950.0 => format!("{:.1} s", ms / 1e3),
        _ => format!("{:.0} s", ms / 1e3),
    }
}

/// A duration whose parts of a millisecond matter: `26 µs`, else as [`duration`] has it.
pub(crate) fn fine_duration(ms: f64) -> String {
    match sane(ms) {
        ms if ms > 0.0 && ms < 0.9995 => format!("{:.0} µs", (ms * 1e3).max(1.0)),
        ms => duration(ms),
    }
}

/// A duration for the mark of an axis: round times without their zeros, `1 s`, `20 ms`.
pub(crate) fn axis_mark(ms: f64) -> String {
    let text = duration(ms);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// A duration, or a dash where there is none.
pub(crate) fn duration_or_dash(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), duration)
}

/// Zero for what is no time: negative, infinite, not a number.
pub(crate) fn sane(ms: f64) -> f64 {
    if ms.is_finite() && ms > 0.0 { ms } else { 0.0 }
}

/// Bytes with a unit; exact below 10 kB.
pub(crate) fn bytes(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let scaled = |unit: f64| count as f64 / unit;
    match count {
        0..10_000 => format!("{} B", thousands(count)),
        10_000..1_000_000 => format!("{:.1} kB", scaled(1e3)),
        _ => format!("{:.1} MB", scaled(1e6)),
    }
}

/// A count with commas between thousands.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count and its noun: `1 request`, `2,000 requests`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits() {
        for (ms, expected) in [
            (0.0, "0 ms"),
            (0.44, "0.4 ms"),
            (9.94, "9.9 ms"),
            (9.96, "10 ms"),
            (812.3, "812 ms"),
            (999.6, "1.00 s"),
            (12_345.0, "12.3 s"),
            (200_000.0, "200 s"),
            (f64::NAN, "0 ms"),
            (f64::INFINITY, "0 ms"),
            (-3.0, "0 ms"),
        ] {
            assert_eq!(duration(ms), expected, "{ms}");
        }
        assert_eq!([0.0, 0.000_1, 0.026, 1.0].map(fine_duration), ["0 ms", "1 µs", "26 µs", "1.0 ms"]);
        assert_eq!(duration_or_dash(None), "–");
        assert_eq!([1.0, 20.0, 1_500.0, 3_000.0].map(axis_mark), ["1 ms", "20 ms", "1.5 s", "3 s"]);
    }

    #[test]
    fn counts_and_sizes_read_easily() {
        assert_eq!(count(1, "request"), "1 request");
        assert_eq!(count(2000, "request"), "2,000 requests");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(bytes(9_999), "9,999 B");
        assert_eq!(bytes(12_345), "12.3 kB");
        assert_eq!(bytes(2_500_000), "2.5 MB");
    }
}
