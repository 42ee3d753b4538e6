//! What the commands around collected telemetry share: the store that is read, and a terminal's width and colours.

pub(crate) mod store;
pub(crate) mod terminal;
