//! Durations as people write them: `320ms`, `1.5s`, `2m`.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::time::Duration;

/// A length of time: a number and `ms`, `s` or `m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String", extend("pattern" = r"^[0-9]+(\.[0-9]+)? ?(ms|s|m)$", "x-form" = "span"))]
pub struct Span(pub Duration);

/// Seconds a unit.
const UNITS: [(&str, f64); 3] = [("ms", 1e-3), ("s", 1.0), ("m", 60.0)];

/// The longest time that a scenario may ask for: a day.
const LONGEST: f64 = 86_400.0;

impl Span {
    /// Reads `320ms`, `1.5s`, `2m`. `None` for anything else and for more than a day.
    pub fn parse(text: &str) -> Option<Self> {
        let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, name) = text.split_at(unit);
        let (_, seconds) = UNITS.iter().find(|(unit, _)| *unit == name)?;
        let number: f64 = number.trim_end().parse().ok()?;
        let total = number * seconds;
        (0.0..=LONGEST).contains(&total).then(|| Self(Duration::from_secs_f64(total)))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no duration: write 320ms, 1.5s or 2m")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_written() {
        for (text, millis) in
            [("320ms", Some(320)), ("1.5s", Some(1500)), ("2m", Some(120_000)), ("7 s", Some(7000))]
        {
            assert_eq!(Span::parse(text).map(|span| span.0.as_millis()), millis, "{text}");
        }
        for bad in ["", "3", "ms", "-1s", "1h", "1e9s", "inf s", "1 s s"] {
            assert_eq!(Span::parse(bad), None, "{bad}");
        }
    }
}
