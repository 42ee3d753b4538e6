//! HTTP/2 RST_STREAM (RFC 9113, section 6.4). Over HTTP/1.1 the connection is cut instead.

use super::end_at::end_at;
use super::step::{Facts, Step};
use crate::aim::Aim;
use crate::plan::Ending;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// HTTP/2 RST_STREAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RstStream {
    /// The error code: 0 NO_ERROR, 2 INTERNAL_ERROR, 7 REFUSED_STREAM, 8 CANCEL, 11 ENHANCE_YOUR_CALM, …
    #[serde(default = "internal_error")]
    pub code: u32,
}

/// INTERNAL_ERROR, RFC 9113, section 7.
fn internal_error() -> u32 {
    2
}

impl RstStream {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        end_at(aim, facts, Ending::RstStream { code: self.code }, cause)
    }
}
