//! Shows what was asked. Pure: from spans to text.

mod chrome;
mod tree;
mod units;
mod waterfall;

pub use chrome::chrome;
pub use units::duration;
pub use waterfall::{Style, waterfall};
