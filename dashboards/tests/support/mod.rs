//! Reports for the tests: a small one, a realistic one, a huge one; a card.

pub(crate) mod sample;
pub(crate) mod sample_card;
pub(crate) mod well_formed;
