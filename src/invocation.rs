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
    let time = DateTime::from_secs(i64::try_from(since.as_secs()).unwrap_or(0));
    time.fmt(DateTimeFormat::DateTime).unwrap_or_default()
}
