//! Telemetry of this process: spans, metrics and logs to a collector, where the environment or `--otlp` names one.
//!
//! | | |
//! |---|---|
//! | `client.rs` | sends, on a runtime of its own |
//! | `outlet.rs` | takes spans that ended, waits for nobody, counts what is lost |
//! | `shape.rs` | what a span is when it leaves: lists, names of another version |
//! | `measure.rs` | what spans mean as metrics |
//! | `meters.rs` | the instruments |
//! | `exchange.rs` | what the mock and the recorder served, as spans |
//! | `providers.rs` | all of it, from start to end |
//!
//! A collector that is dead or slow changes neither what a command does nor how long it takes, but for a bounded wait at its end.

mod args;
mod client;
mod exchange;
mod exchange_usage;
mod measure;
mod meters;
mod outlet;
mod providers;
mod shape;

pub(crate) use args::TelemetryArgs;
pub(crate) use exchange::listeners;
pub(crate) use providers::{Providers, capture, trace_headers};
