//! Frames are sent in small writes, each of its own: inside a frame, a character, an escape.

use super::step::{Facts, Step};
use super::trigger::Trigger;
use crate::aim::Aim;
use crate::plan::{Act, Action};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Small writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// The size of each write in bytes, in turn and from the start again.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    pub bytes: Vec<usize>,
}

impl Slice {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        let trigger = aim.map(|aim| Trigger::new(Some(aim), facts));
        Box::new(Cuts { sizes: self.bytes.clone(), turn: 0, trigger, cause: cause.clone() })
    }
}

struct Cuts {
    sizes: Vec<usize>,
    turn: usize,
    /// Without one, every frame is sliced.
    trigger: Option<Trigger>,
    cause: Arc<str>,
}

impl Cuts {
    fn next_size(&mut self) -> usize {
        let size = self.sizes.get(self.turn % self.sizes.len().max(1)).copied().unwrap_or(1);
        self.turn += 1;
        size.max(1)
    }

    fn cut(&mut self, mut rest: Bytes) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let size = self.next_size().min(rest.len());
            pieces.push(rest.split_to(size));
        }
        pieces
    }
}

impl Step for Cuts {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        let picked = self.trigger.as_mut().is_none_or(|trigger| trigger.picks(&action));
        let Act::Data { label, bytes, .. } = &action.act else { return out.push(action) };
        if !picked {
            return out.push(action);
        }
        for piece in self.cut(bytes.clone()) {
            let act = Act::Data { label: label.clone(), bytes: piece, apart: true };
            let mut piece = Action { act, ..action.clone() };
            piece.mark(&self.cause);
            out.push(piece);
        }
    }
}
