//! The work of `faultline import`: which files there are, what comes out of them, where it goes, and what is said of it.

mod put;
mod report;
mod sources;

pub(crate) use put::{Folder, put};
pub(crate) use report::{Outcome, Report};
pub(crate) use sources::{Source, read, sources};
