//! The ways of `faultline cassette`, one file each.

pub(crate) mod diff;
pub(crate) mod drifted;
mod files;
mod lane;
pub(crate) mod scrub;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod trim;
