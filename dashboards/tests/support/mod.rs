//! Reports for the tests: a small one, a realistic one, a huge one.

pub mod sample;
pub mod well_formed;
