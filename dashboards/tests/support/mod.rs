//! Reports for the tests: a small one, a realistic one, a huge one.

pub(crate) mod sample;
pub(crate) mod well_formed;
