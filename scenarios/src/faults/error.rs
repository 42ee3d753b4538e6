//! A typed AWS error instead of the answer: HTTP status, `x-amzn-ErrorType`, JSON body.

use super::step::Step;
use crate::error_answer::error_actions;
use crate::error_reply::ErrorReply;
use crate::plan::{Act, Action};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// A typed AWS error: the settings of an `error` reply.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Error(pub ErrorReply);

impl Error {
    pub(super) fn step(&self, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Instead { error: self.0.clone(), cause: cause.clone() })
    }
}

/// Replaces the whole plan.
pub(super) struct Instead {
    pub(super) error: ErrorReply,
    pub(super) cause: Arc<str>,
}

impl Step for Instead {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        let Act::Head(_) = action.act else { return out.push(action) };
        for mut part in error_actions(&self.error, action.at) {
            part.mark(&self.cause);
            out.push(part);
        }
    }
}
