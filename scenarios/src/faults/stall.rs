//! Silence: for a time, or for good.

use super::end_at::end_at;
use super::step::{Facts, Step};
use super::trigger::{Meet, Trigger};
use crate::aim::Aim;
use crate::plan::{Action, Ending};
use crate::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// For how long; left out: until the client leaves.
    #[serde(rename = "for")]
    pub length: Option<Span>,
}

impl Stall {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        let Some(Span(length)) = self.length else { return end_at(aim, facts, Ending::Stall, cause) };
        Box::new(Pause {
            trigger: Trigger::new(aim, facts),
            length,
            late: Duration::ZERO,
            cause: Some(cause.clone()),
        })
    }
}

/// Everything after the moment comes later by `length`.
struct Pause {
    trigger: Trigger,
    length: Duration,
    late: Duration,
    /// What the first late action is marked with.
    cause: Option<Arc<str>>,
}

impl Pause {
    fn delay(&mut self, mut action: Action) -> Action {
        if self.late > Duration::ZERO {
            action.at = action.at.saturating_add(self.late);
            if let Some(cause) = self.cause.take() {
                action.mark(&cause);
            }
        }
        action
    }
}

impl Step for Pause {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        match self.trigger.meet(action) {
            Meet::Pass(action) => out.push(self.delay(action)),
            Meet::Here { before, after, .. } => {
                out.extend(before);
                self.late = self.length;
                out.extend(after.map(|after| self.delay(after)));
            }
        }
    }
}
