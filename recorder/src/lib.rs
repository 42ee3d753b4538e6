//! Recorded traffic: takes, the cassettes that they are written to, and imports of recordings that others made.
//!
//! A cassette is an ordinary scenario file, so replaying is serving.

mod aside;
mod brain;
pub mod cassette;
mod depth;
pub mod drift;
pub mod export;
pub mod frame_log;
pub mod import;
pub mod meaning;
mod mode;
pub mod redact;
mod relay;
pub mod rewrite;
pub mod slot;
pub mod stats;
pub mod store;
pub mod take;
mod taking;
mod tap;
pub mod upstream;
mod yaml;

pub use brain::{Lacking, Recorder, Settings, Tally};
pub use mode::Mode;
