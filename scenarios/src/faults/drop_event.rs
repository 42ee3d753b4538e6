//! Events are missing; the stream goes on as if they had been there.

use super::step::{Facts, Step};
use super::trigger::Trigger;
use super::whole::is_frame;
use crate::aim::Aim;
use crate::plan::Action;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// A missing event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropEvent {
    /// Every event that `at` fits is missing, not only the first of them.
    #[serde(default)]
    pub all: bool,
}

impl DropEvent {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        let trigger = Trigger::new(aim, facts);
        leave_out(if self.all { trigger.again() } else { trigger }, cause)
    }
}

/// A step that leaves out what `trigger` picks. What follows the gap is marked: there is nothing else to mark.
pub(super) fn leave_out(trigger: Trigger, cause: &Arc<str>) -> Box<dyn Step> {
    Box::new(LeaveOut { trigger, gap: false, cause: cause.clone() })
}

struct LeaveOut {
    trigger: Trigger,
    gap: bool,
    cause: Arc<str>,
}

impl Step for LeaveOut {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        if self.trigger.picks(&action) && is_frame(&action) {
            self.gap = true;
            return;
        }
        if std::mem::take(&mut self.gap) {
            action.mark(&self.cause);
        }
        out.push(action);
    }
}
