//! The connection closes with the body unfinished, or the body ends too early but cleanly.

use super::end_at::end_at;
use super::step::{Facts, Step};
use crate::aim::Aim;
use crate::plan::Ending;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// The connection closes (FIN) with the body unfinished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cut {
    /// The body ends as HTTP wants it (final chunk, END_STREAM): no client sees an error.
    #[serde(default)]
    pub clean: bool,
}

impl Cut {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        end_at(aim, facts, if self.clean { Ending::Complete } else { Ending::Cut }, cause)
    }
}
