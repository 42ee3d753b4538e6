//! Our own log: to standard error, quiet unless asked for, and to a collector where one is named.

use crate::exit::Failure;
use crate::telemetry::Providers;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use std::io::IsTerminal as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// How the log looks.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, with the spans that it belongs to.
    Json,
}

/// Starts logging. `filter` is `--log`, e.g. `debug` or `faultline_mock_bedrock=trace`; default: warnings of everything but
/// the agent, whose failures its own commands tell.
///
/// # Errors
/// When the filter is none.
pub(crate) fn start(
    filter: Option<&str>,
    format: Format,
    providers: Option<&Providers>,
) -> Result<(), Failure> {
    let filter = filter.unwrap_or("warn,faultline_agent=off");
    let parsed = EnvFilter::try_new(filter).map_err(|why| {
        Failure::usage(format!(
            "the log filter `{filter}` makes no sense ({why}): write `debug`, or `faultline_mock_bedrock=trace`"
        ))
    })?;
    let layers = written(format).with_filter(parsed).boxed();
    let log = Registry::default().with(layers).with(providers.map(sent));
    // Only a second call could fail, and there is none.
    let _ = log.try_init();
    Ok(())
}

type Written = Box<dyn Layer<Registry> + Send + Sync>;

/// What is written. A log that nobody reads is no reason to complain.
fn written(format: Format) -> Written {
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    match format {
        Format::Text => log.with_ansi(colours()).without_time().boxed(),
        Format::Json => log.json().flatten_event(true).boxed(),
    }
}

/// What is sent to a collector: our own spans and events. Those of the libraries that send them would tell of themselves.
fn sent<S>(providers: &Providers) -> impl Layer<S> + use<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a> + Send + Sync,
{
    let level = tracing::Level::INFO;
    let own = || {
        let crates = ["faultline", "faultline_agent", "faultline_mock_bedrock", "faultline_recorder"];
        Targets::new().with_targets(crates.map(|name| (name, level)))
    };
    let spans = tracing_opentelemetry::layer()
        .with_tracer(providers.tracers.tracer("faultline"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false);
    let events = OpenTelemetryTracingBridge::new(&providers.loggers);
    spans.with_filter(own()).and_then(events.with_filter(own()))
}

/// Colours are for terminals, and for people who did not refuse them (no-color.org).
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|refused| refused.is_empty())
}
