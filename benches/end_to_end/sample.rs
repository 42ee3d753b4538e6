//! What one sample of one server under one load gave.

use crate::stats::Percentiles;
use serde::Serialize;

/// One server under one load for a while.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sample {
    /// Whole streams a second.
    pub(crate) streams_per_second: f64,
    /// CPU seconds of the server for 10,000 streams.
    pub(crate) cpu_per_10k: f64,
    /// From sending a request to the last byte of its answer.
    pub(crate) latency_us: Percentiles,
    /// Its peak memory since it started.
    pub(crate) peak_mib: f64,
}
