//! The demo: the reference agent through scenarios in both arms, and recordings through its SDK.
//!
//! `judge`, `left_out` and `picture` are pure; `arm` and `replay` act; `stage` holds what they act on.

mod arm;
mod judge;
mod left_out;
mod picture;
mod replay;
mod stage;

pub(crate) use arm::{Played, play};
pub(crate) use judge::expectation;
pub(crate) use left_out::left_out;
pub(crate) use picture::{case, totals};
pub(crate) use replay::{Original, replay};
pub(crate) use stage::Stage;
