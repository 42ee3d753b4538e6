//! What the commands around collected telemetry share: the store that is read, a terminal's width and colours, and the time.

mod clock;
mod report;
pub(crate) mod store;
pub(crate) mod terminal;

pub(crate) use clock::clock;
pub(crate) use report::report;
