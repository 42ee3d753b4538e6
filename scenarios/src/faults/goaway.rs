//! HTTP/2 GOAWAY (RFC 9113, section 6.8) with the stream unfinished, then the connection closes.

use super::end_at::end_at;
use super::step::{Facts, Step};
use crate::aim::Aim;
use crate::plan::Ending;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// HTTP/2 GOAWAY. Over HTTP/1.1 the connection is cut instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goaway {
    /// The error code; 0 is NO_ERROR.
    #[serde(default)]
    pub code: u32,
    /// Whether the last stream id covers this stream; `false` sends 0, "nothing was processed".
    #[serde(default = "covers")]
    pub covers: bool,
}

fn covers() -> bool {
    true
}

impl Goaway {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        end_at(aim, facts, Ending::Goaway { code: self.code, covers: self.covers }, cause)
    }
}
