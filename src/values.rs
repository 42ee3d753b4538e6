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
