//! Recorded traffic. Today: imports of recordings that others made; later: the recorder itself.
//!
//! A recording becomes an ordinary scenario, so replaying is serving.

pub mod import;
