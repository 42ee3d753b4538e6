//! A frame is only half sent, then the stream ends. botocore drops the half without a word.

use super::step::{Facts, Step, end};
use super::trigger::Trigger;
use crate::aim::Aim;
use crate::plan::{Act, Action, Ending};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Half a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfFrame {
    /// How many bytes of the frame are sent; left out: half of them.
    pub keep: Option<usize>,
    /// How the stream ends after them.
    #[serde(default)]
    pub then: Then,
}

/// How the stream ends after half a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// As HTTP wants it.
    #[default]
    Complete,
    /// The connection closes with the body unfinished.
    Cut,
    /// TCP reset.
    Reset,
}

impl Then {
    fn ending(self) -> Ending {
        match self {
            Self::Complete => Ending::Complete,
            Self::Cut => Ending::Cut,
            Self::Reset => Ending::Reset,
        }
    }
}

impl HalfFrame {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Half { fault: *self, trigger: Trigger::new(aim, facts), cause: cause.clone() })
    }
}

struct Half {
    fault: HalfFrame,
    trigger: Trigger,
    cause: Arc<str>,
}

impl Step for Half {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        if !self.trigger.picks(&action) {
            return out.push(action);
        }
        let at = action.at;
        if let Act::Data { bytes, .. } = &mut action.act {
            let keep = self.fault.keep.unwrap_or(bytes.len() / 2);
            bytes.truncate(keep.min(bytes.len().saturating_sub(1)));
        }
        action.mark(&self.cause);
        out.push(action);
        out.push(end(at, self.fault.then.ending(), &self.cause));
    }
}
