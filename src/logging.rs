//! Our own log: to standard error, quiet unless asked for.

use crate::exit::Failure;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts logging. `filter` is `--log`, e.g. `debug` or `faultline_mock_bedrock=trace`; default: warnings.
///
/// # Errors
/// When the filter is none.
pub(crate) fn start(filter: Option<&str>) -> Result<(), Failure> {
    let filter = filter.unwrap_or("warn");
    let parsed = EnvFilter::try_new(filter).map_err(|why| {
        Failure::usage(format!(
            "the log filter `{filter}` makes no sense ({why}): write `debug`, or `faultline_mock_bedrock=trace`"
        ))
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(std::io::stderr);
    // Only a second call could fail, and there is none. A log that nobody reads is no reason to complain, either.
    let _ = log.with_ansi(colours()).log_internal_errors(false).without_time().try_init();
    Ok(())
}

/// Colours are for terminals, and for people who did not refuse them (no-color.org).
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|refused| refused.is_empty())
}
