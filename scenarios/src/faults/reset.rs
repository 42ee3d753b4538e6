//! TCP reset: the connection ends with RST after every byte before it has left.

use super::end_at::end_at;
use super::step::{Facts, Step};
use crate::aim::Aim;
use crate::plan::Ending;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// TCP reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {}

impl Reset {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        end_at(aim, facts, Ending::Reset, cause)
    }
}
