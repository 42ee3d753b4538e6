//! ThrottlingException, in the form that its place asks for: HTTP 429, or a frame.

use super::error::error_instead;
use super::exception::Exception;
use super::step::{Facts, Step};
use crate::aim::Aim;
use crate::error_reply::ErrorReply;
use crate::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use std::sync::Arc;

/// ThrottlingException.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Throttle {
    /// Its message; left out: one that Bedrock sends.
    pub message: Option<String>,
    /// For the HTTP form: `retry-after` and `x-amz-retry-after`. Real Bedrock sends neither.
    pub retry_after: Option<Span>,
}

impl Throttle {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        let kind = "ThrottlingException".to_owned();
        if facts.streams && aim.is_some_and(|aim| *aim != Aim::Head) {
            let message = self.message.clone();
            let fault = Exception { kind, message, fields: Map::new(), then_frames: false, as_error: false };
            return fault.step(aim, facts, cause);
        }
        let error =
            ErrorReply { retry_after: self.retry_after, ..ErrorReply::new(&kind, self.message.clone()) };
        error_instead(&error, cause)
    }
}
