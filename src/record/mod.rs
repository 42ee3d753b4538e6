//! What `faultline record` needs besides a recorder: the way to the upstream, redaction rules, what is told at the end.

mod misses;
mod refresh;
mod summary;
mod tracks;
mod upstream;

pub(crate) use misses::Misses;
pub(crate) use refresh::refreshed;
pub(crate) use summary::summary;
pub(crate) use tracks::Tracks;
pub(crate) use upstream::UpstreamArgs;
