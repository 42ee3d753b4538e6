//! An exception frame inside the stream, which ends it. The HTTP status has long been 200.
//!
//! A unary answer has no frames: there the same failure is the HTTP error of that type, as in Bedrock.

use super::error::Instead;
use super::trigger::{Meet, Trigger};
use super::{Facts, Step, end};
use crate::aim::Aim;
use crate::error_answer::{aws_error, exception_action};
use crate::file::ErrorReply;
use crate::plan::{Action, Ending};
use faultline_wire::{AwsError, ErrorKind};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// An exception frame.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exception {
    /// The exception type: `internalServerException`, `modelStreamErrorException`, `validationException`,
    /// `throttlingException`, `serviceUnavailableException`, or any other name.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its message; left out: one that Bedrock sends.
    pub message: Option<String>,
    /// More members of the payload: originalStatusCode, originalMessage.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// The stream goes on after the frame, as some gateways let it.
    #[serde(default)]
    pub then_frames: bool,
}

impl Exception {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        if !facts.streams {
            return Box::new(Instead { error: self.as_reply(), cause: cause.clone() });
        }
        let trigger = Trigger::new(aim, facts);
        let error = AwsError { extra: self.fields.clone(), ..aws_error(&self.as_reply()) };
        let name =
            if ErrorKind::parse(&self.kind).is_some() { error.stream_name() } else { self.kind.clone() };
        Box::new(Raise { trigger, error, name, goes_on: self.then_frames, cause: cause.clone() })
    }

    fn as_reply(&self) -> ErrorReply {
        let kind = ErrorKind::shape_name(&self.kind).to_owned();
        ErrorReply { kind, message: self.message.clone(), status: None, retry_after: None }
    }
}

struct Raise {
    trigger: Trigger,
    error: AwsError,
    name: String,
    goes_on: bool,
    cause: Arc<str>,
}

impl Step for Raise {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        match self.trigger.meet(action) {
            Meet::Pass(action) => out.push(action),
            Meet::Here { before, at, after } => {
                out.extend(before);
                out.push(exception_action(&self.error, &self.name, at, &self.cause));
                if self.goes_on {
                    out.extend(after);
                } else {
                    out.push(end(at, Ending::Complete, &self.cause));
                }
            }
        }
    }
}
