//! Frames are sent in small writes, each of its own: inside a frame, a character, an escape, around a boundary.

use super::around::around;
use super::pieces::{Turns, pieces};
use super::step::{Facts, Step};
use super::trigger::Trigger;
use crate::aim::Aim;
use crate::plan::{Act, Action};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Small writes. Without settings every byte is a write of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// The size of each write in bytes, in turn and from the start again; left out: 1.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    pub bytes: Option<Vec<usize>>,
    /// Where writes end, instead of their sizes.
    pub around: Option<Around>,
}

/// What writes end near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Around {
    /// The end of each frame: one byte before it, at it, one byte after it, in turn.
    Frames,
}

impl Slice {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        if let Some(Around::Frames) = self.around {
            return around(cause);
        }
        let trigger = aim.map(|aim| Trigger::new(Some(aim), facts));
        let turns = Turns::new(self.bytes.clone().unwrap_or_default());
        Box::new(Cuts { turns, trigger, cause: cause.clone() })
    }
}

struct Cuts {
    turns: Turns,
    /// Without one, every frame is sliced.
    trigger: Option<Trigger>,
    cause: Arc<str>,
}

impl Step for Cuts {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        let picked = self.trigger.as_mut().is_none_or(|trigger| trigger.picks(&action));
        if picked && matches!(action.act, Act::Data { .. }) {
            out.extend(pieces(&action, &mut self.turns, &self.cause));
        } else {
            out.push(action);
        }
    }
}
