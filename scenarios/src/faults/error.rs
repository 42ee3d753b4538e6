//! A typed AWS error instead of the answer: HTTP status, `x-amzn-ErrorType`, JSON body.

use super::instead::instead;
use super::step::Step;
use crate::error_answer::error_actions;
use crate::error_reply::ErrorReply;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// A typed AWS error: the settings of an `error` reply.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Error(pub ErrorReply);

impl Error {
    pub(super) fn step(&self, cause: &Arc<str>) -> Box<dyn Step> {
        error_instead(&self.0, cause)
    }
}

/// A step that sends `error` instead of the plan.
pub(super) fn error_instead(error: &ErrorReply, cause: &Arc<str>) -> Box<dyn Step> {
    instead(error_actions(error, Duration::ZERO), cause)
}
