//! Our own log: to standard error, quiet unless asked for.

use tracing_subscriber::EnvFilter;

/// Starts logging. `filter` is `--log`, e.g. `debug` or `faultline_mock_bedrock=trace`; default: warnings.
pub(crate) fn start(filter: Option<&str>) {
    let filter = EnvFilter::new(filter.unwrap_or("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only a second call could fail, and there is none.
    let _ = log.without_time().try_init();
}
