//! A frame is broken in one part, and the stream goes on.

use super::step::{Facts, Step};
use super::trigger::Trigger;
use crate::aim::Aim;
use crate::plan::{Act, Action};
use faultline_wire::broken::{self, broken};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// A broken frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrupt {
    /// Which part is wrong.
    #[serde(default)]
    pub part: Part,
}

/// Which part of a frame is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The CRC of the prelude.
    Prelude,
    /// A bit of the payload: the CRC of the message fails.
    #[default]
    Message,
    /// The type of the first header; both CRCs are right.
    Header,
    /// The payload is no JSON; both CRCs are right.
    Payload,
}

impl Part {
    fn of_wire(self) -> broken::Part {
        match self {
            Self::Prelude => broken::Part::Prelude,
            Self::Message => broken::Part::Message,
            Self::Header => broken::Part::Header,
            Self::Payload => broken::Part::Payload,
        }
    }
}

impl Corrupt {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Break { part: self.part, trigger: Trigger::new(aim, facts), cause: cause.clone() })
    }
}

struct Break {
    part: Part,
    trigger: Trigger,
    cause: Arc<str>,
}

impl Step for Break {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        if self.trigger.picks(&action)
            && let Act::Data { bytes, .. } = &mut action.act
        {
            let wrong = broken(bytes, self.part.of_wire());
            // What is no frame has no such part.
            if wrong != *bytes {
                *bytes = wrong;
                action.mark(&self.cause);
            }
        }
        out.push(action);
    }
}
