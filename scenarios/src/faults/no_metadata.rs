//! The stream ends cleanly after messageStop: usage is never told.

use super::drop_event::leave_out;
use super::step::{Facts, Step};
use super::trigger::Trigger;
use crate::aim::Aim;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// No metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoMetadata {}

impl NoMetadata {
    pub(super) fn step(&self, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        let metadata = Aim::Label { event: "metadata".to_owned(), index: None, nth: 1 };
        leave_out(Trigger::new(Some(&metadata), facts).again(), cause)
    }
}
