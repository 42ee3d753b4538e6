//! The demo: the reference agent through scenarios in both arms, and recordings through its SDK.
//!
//! `judge` and `picture` are pure; `arm` and `replay` act; `stage` holds what they act on.

mod arm;
mod judge;
mod picture;
mod replay;
mod stage;

pub(crate) use arm::play;
pub(crate) use picture::{case, totals};
pub(crate) use replay::{Original, replay};
pub(crate) use stage::Stage;
