//! Bytes leave a few at a time: a slow link that never stops.

use super::pieces::{Turns, pieces};
use super::step::{Facts, Step};
use super::trigger::Trigger;
use crate::aim::Aim;
use crate::plan::{Act, Action};
use crate::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// A slow link. With `at`, that frame alone is slow, and what follows it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drip {
    /// How many bytes leave at a time.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub bytes: usize,
    /// How long after the ones before.
    #[serde(default = "ten_millis")]
    pub every: Span,
}

fn one() -> usize {
    1
}

fn ten_millis() -> Span {
    Span(Duration::from_millis(10))
}

impl Drip {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Trickle {
            turns: Turns::new(vec![self.bytes]),
            every: self.every.0,
            trigger: aim.map(|aim| Trigger::new(Some(aim), facts)),
            last: Duration::ZERO,
            free: Duration::ZERO,
            cause: cause.clone(),
        })
    }
}

struct Trickle {
    turns: Turns,
    every: Duration,
    /// Without one, every byte of the body drips.
    trigger: Option<Trigger>,
    /// When the latest piece left, and when the next may.
    last: Duration,
    free: Duration,
    cause: Arc<str>,
}

impl Step for Trickle {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        let picked = self.trigger.as_mut().is_none_or(|trigger| trigger.picks(&action));
        if !picked || !matches!(action.act, Act::Data { .. }) {
            action.at = action.at.max(self.last);
            return out.push(action);
        }
        for mut piece in pieces(&action, &mut self.turns, &self.cause) {
            piece.at = action.at.max(self.free);
            self.last = piece.at;
            self.free = piece.at.saturating_add(self.every);
            out.push(piece);
        }
    }
}
