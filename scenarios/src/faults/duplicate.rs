//! An event arrives twice.

use super::step::{Facts, Step};
use super::trigger::Trigger;
use super::whole::is_frame;
use crate::aim::Aim;
use crate::plan::Action;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// The event at `at`, twice: the same bytes, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Duplicate {}

impl Duplicate {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Twice { trigger: Trigger::new(aim, facts), cause: cause.clone() })
    }
}

struct Twice {
    trigger: Trigger,
    cause: Arc<str>,
}

impl Step for Twice {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        let again = (self.trigger.picks(&action) && is_frame(&action)).then(|| action.clone());
        out.push(action);
        if let Some(mut again) = again {
            again.mark(&self.cause);
            out.push(again);
        }
    }
}
