//! The step that several faults share: everything up to a moment, then an ending.

use super::step::{Facts, Step, end};
use super::trigger::{Meet, Trigger};
use crate::aim::Aim;
use crate::plan::{Action, Ending};
use std::sync::Arc;

struct EndAt {
    trigger: Trigger,
    ending: Ending,
    cause: Arc<str>,
}

/// A step that ends the plan with `ending` at `aim`.
pub(super) fn end_at(aim: Option<&Aim>, facts: Facts, ending: Ending, cause: &Arc<str>) -> Box<dyn Step> {
    Box::new(EndAt { trigger: Trigger::new(aim, facts), ending, cause: cause.clone() })
}

impl Step for EndAt {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        match self.trigger.meet(action) {
            Meet::Pass(action) => out.push(action),
            Meet::Here { before, at, .. } => {
                out.extend(before);
                out.push(end(at, self.ending, &self.cause));
            }
        }
    }
}
