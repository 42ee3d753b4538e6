//! faultline: the names under which something is told about a run.
//!
//! [`semconv`] has the names of OpenTelemetry's conventions for generative AI, in the version that is asked for; [`own`]
//! the few that no convention has; [`prometheus`] what they are called there. Who tells and who reads name things alike, and a
//! renaming is a change of one file. [`list`] is how a list goes through a field that holds none.
//! It knows no SDK, no wire format and nobody who uses it.

pub mod list;
pub mod own;
pub mod prometheus;
pub mod semconv;
