//! Recorded traffic: takes, the cassettes that they are written to, and imports of recordings that others made.
//!
//! A cassette is an ordinary scenario file, so replaying is serving.

pub mod cassette;
pub mod frame_log;
pub mod import;
pub mod redact;
pub mod take;
mod yaml;
