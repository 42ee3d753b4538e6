//! The step that several faults share: another answer instead of the whole plan.

use super::step::Step;
use crate::plan::{Act, Action};
use std::sync::Arc;

struct Instead {
    answer: Vec<Action>,
    cause: Arc<str>,
}

/// A step that replaces the plan by `answer`, all of it when the head would have been sent.
pub(super) fn instead(answer: Vec<Action>, cause: &Arc<str>) -> Box<dyn Step> {
    Box::new(Instead { answer, cause: cause.clone() })
}

impl Step for Instead {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        let Act::Head(_) = action.act else { return out.push(action) };
        for mut part in self.answer.drain(..) {
            part.at = action.at;
            part.mark(&self.cause);
            out.push(part);
        }
    }
}
