//! Shows what was asked. Pure: from spans to text.

mod chrome;
mod tree;
mod units;
mod waterfall;

pub use chrome::chrome;
pub(crate) use tree::tree;
pub use units::duration;
pub(crate) use waterfall::happened;
pub use waterfall::{Style, waterfall};
