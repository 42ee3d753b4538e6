//! A day, as an expiry date needs one. Knows no clock: today is an argument.

use serde::{Deserialize, Serialize};

/// A day of the calendar, written `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day of the form 2026-01-31")]
pub struct NoDate(String);

impl Date {
    /// The day of that year, month (from 1) and day (from 1), if there is one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        ((1..=days).contains(&day) && year <= 9999).then_some(Self { year, month, day })
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl std::str::FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Self, NoDate> {
        let parsed = || {
            let digits = |range: std::ops::Range<usize>| text.get(range)?.parse().ok();
            let dashed = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
            let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            let month: u16 = digits(5..7)?;
            let day: u16 = digits(8..10)?;
            let date = Self::new(digits(0..4)?, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
            date.filter(|_| dashed && plain)
        };
        parsed().ok_or_else(|| NoDate(text.to_owned()))
    }
}

impl TryFrom<String> for Date {
    type Error = NoDate;

    fn try_from(text: String) -> Result<Self, NoDate> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}
