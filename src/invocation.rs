//! How and when we were called.

use aws_sdk_bedrockruntime::primitives::{DateTime, DateTimeFormat};
use std::ffi::OsString;
use std::time::{SystemTime, UNIX_EPOCH};

/// How we were called, to be pasted into a shell.
pub(crate) fn command_line() -> String {
    let words: Vec<OsString> =
        std::iter::once("faultline".into()).chain(std::env::args_os().skip(1)).collect();
    crate::shell::line(&words)
}

/// The time as people write it, in UTC.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    moment(i64::try_from(since.as_secs()).unwrap_or(0))
}

/// So many seconds after 1970, as people write it, in UTC.
pub(crate) fn moment(seconds: i64) -> String {
    let time = DateTime::from_secs(seconds);
    time.fmt(DateTimeFormat::DateTime).unwrap_or_default()
}
