//! Two neighbouring events change places.

use super::step::{Facts, Step};
use super::trigger::Trigger;
use super::whole::is_frame;
use crate::aim::Aim;
use crate::plan::Action;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// The event at `at` changes places with the next one. The last event has no next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reorder {}

impl Reorder {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Swap { trigger: Trigger::new(aim, facts), first: None, cause: cause.clone() })
    }
}

struct Swap {
    trigger: Trigger,
    /// The event that waits for the next one.
    first: Option<Action>,
    cause: Arc<str>,
}

impl Step for Swap {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        let picked = self.trigger.picks(&action) && is_frame(&action);
        match self.first.take() {
            None if picked => self.first = Some(action),
            None => out.push(action),
            Some(mut first) if is_frame(&action) => {
                // The moments stay, the events in them change.
                std::mem::swap(&mut first.at, &mut action.at);
                for mut moved in [action, first] {
                    moved.mark(&self.cause);
                    out.push(moved);
                }
            }
            Some(first) => out.extend([first, action]),
        }
    }
}
