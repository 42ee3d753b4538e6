//! An exception frame inside the stream, which ends it. The HTTP status has long been 200.
//!
//! A unary answer has no frames: there the same failure is the HTTP error of that type, as in Bedrock. So it is
//! before the status line. A frame stands between frames: an aim inside one waits for its end.

use super::error::error_instead;
use super::step::{Facts, Step, end};
use super::trigger::{Meet, Trigger};
use crate::aim::Aim;
use crate::error_answer::exception_action;
use crate::error_reply::ErrorReply;
use crate::plan::{Act, Action, Ending};
use faultline_wire::{AwsError, ErrorKind, Frame};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

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
    /// The frame is an unmodelled error: `:message-type` error, `:error-code` (the type) and `:error-message`, and no
    /// payload. In the event-stream specification; not seen from Bedrock.
    #[serde(default)]
    pub as_error: bool,
}

impl Exception {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        if !facts.streams || aim == Some(&Aim::Head) {
            return error_instead(&self.as_http(), cause);
        }
        let trigger = Trigger::new(aim, facts).between();
        let error = AwsError { extra: self.fields.clone(), ..self.as_reply().aws_error() };
        let name =
            if ErrorKind::parse(&self.kind).is_some() { error.stream_name() } else { self.kind.clone() };
        let (goes_on, as_error) = (self.then_frames, self.as_error);
        Box::new(Raise { trigger, error, name, goes_on, as_error, cause: cause.clone() })
    }

    /// Unary calls have no ModelStreamErrorException in the service model: there it is a ModelErrorException.
    fn as_http(&self) -> ErrorReply {
        match ErrorKind::parse(&self.kind) {
            Some(ErrorKind::ModelStreamError) => {
                ErrorReply::new(ErrorKind::ModelError.name(), self.message.clone())
            }
            _ => self.as_reply(),
        }
    }

    fn as_reply(&self) -> ErrorReply {
        ErrorReply::new(&self.kind, self.message.clone())
    }
}

struct Raise {
    trigger: Trigger,
    error: AwsError,
    name: String,
    goes_on: bool,
    as_error: bool,
    cause: Arc<str>,
}

impl Raise {
    fn frame(&self, at: Duration) -> Action {
        let mut action = exception_action(&self.error, &self.name, at, &self.cause);
        if let (true, Act::Data { bytes, .. }) = (self.as_error, &mut action.act) {
            *bytes = Frame::error(&self.name, &self.error.message).encode().unwrap_or_default();
        }
        action
    }
}

impl Step for Raise {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        match self.trigger.meet(action) {
            Meet::Pass(action) => out.push(action),
            Meet::Here { before, at, after } => {
                out.extend(before);
                out.push(self.frame(at));
                if self.goes_on {
                    out.extend(after);
                } else {
                    out.push(end(at, Ending::Complete, &self.cause));
                }
            }
        }
    }
}
