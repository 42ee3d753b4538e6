//! Values that several commands take, and how they are written.

use faultline_scenarios::Speed;
use faultline_scenarios::span::Span;
use std::time::Duration;

/// Reads a speed.
///
/// # Errors
/// How to write one.
pub(crate) fn speed(text: &str) -> Result<Speed, String> {
    Speed::parse(text).ok_or_else(|| "write `max`, or a factor like `2x` or `0.5x`".to_owned())
}

/// Reads a span of time that is not zero.
///
/// # Errors
/// How to write one.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let span = Span::parse(text).filter(|span| !span.0.is_zero());
    span.map(|span| span.0).ok_or_else(|| "write a duration like `30s` or `2m`".to_owned())
}

/// Units of a long span, in seconds.
const AGES: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

/// Units of a size, in bytes.
const SIZES: [(&str, u64); 5] =
    [("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

/// Reads an age: `90s`, `30m`, `12h`, `7d`.
///
/// # Errors
/// How to write one.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let seconds = counted(text, &AGES).ok_or("write an age like `12h` or `7d`")?;
    Ok(Duration::from_secs(seconds))
}

/// Reads a size: `500MB`, `1GB`.
///
/// # Errors
/// How to write one.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    counted(text, &SIZES).ok_or_else(|| "write a size like `500MB` or `1GB`".to_owned())
}

/// A whole number that is not zero, and a unit.
fn counted(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, name) = text.split_at(unit);
    let (_, factor) = units.iter().find(|(unit, _)| *unit == name.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor).filter(|value| *value > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_read_as_written() {
        assert_eq!(age("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(age("90 s"), Ok(Duration::from_secs(90)));
        assert_eq!(size("1GB"), Ok(1_000_000_000));
        for bad in ["", "7", "d", "0d", "-1d", "1.5GB", "1gb", "99999999999TB"] {
            assert!(age(bad).is_err() && size(bad).is_err(), "{bad}");
        }
    }
}
