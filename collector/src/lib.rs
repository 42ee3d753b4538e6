//! faultline: a collector of OpenTelemetry's traces, metrics and logs.
//!
//! [`Collector`] takes OTLP over gRPC and HTTP from anybody and keeps it in SQLite; a sender is answered when what it sent is
//! committed. [`query`] asks a store, [`statistics`] judges samples, [`view`] shows.
//! A running one answers the same questions over HTTP, below `/api/`, shows them on a page under `/`, and tells Prometheus at
//! `/metrics`. It knows nothing of Bedrock, of the mock
//! or of the agent: what comes over the wire is all it has. It reads no environment and no clock of its own.

mod attribute;
mod clock;
mod collector;
mod counts;
pub mod hex;
mod intake;
pub mod json;
mod live;
mod page;
mod plain;
mod prometheus;
pub mod query;
mod receive;
mod rows;
pub mod statistics;
pub mod store;
pub mod view;

pub use clock::Clock;
pub use collector::{Collector, Options, StartError};
pub use counts::Counts;
pub use intake::Limits;
