//! Shows what was asked. Pure: from spans to text.

mod chrome;
mod laid;
mod tree;
mod units;
mod waterfall;

pub use chrome::chrome;
pub(crate) use laid::laid;
pub use laid::{Laid, laid_out};
pub(crate) use tree::tree;
pub use units::{duration, percentile};
pub use waterfall::{Style, waterfall};
