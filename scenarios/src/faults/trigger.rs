//! Finds the moment that an aim names in a run of actions.

use super::step::Facts;
use crate::aim::Aim;
use crate::plan::{Act, Action};
use std::time::Duration;

/// What an action has to do with the aim.
pub(super) enum Meet {
    /// Nothing: the action goes on as it is.
    Pass(Action),
    /// The moment: `before` goes first, the fault acts at `at`, `after` follows.
    Here { before: Option<Action>, at: Duration, after: Option<Action> },
}

/// Watches actions go by until the aim is met, once.
pub(super) struct Trigger {
    aim: Aim,
    body_len: usize,
    bytes: usize,
    events: u64,
    /// When the action before happens.
    last: Duration,
    /// Whether an aim inside an action waits for the action's end.
    whole: bool,
    /// Whether every action that fits is picked.
    repeats: bool,
    met: bool,
}

impl Trigger {
    /// A trigger for `aim`; without one, at the end.
    pub(super) fn new(aim: Option<&Aim>, facts: Facts) -> Self {
        let aim = aim.cloned().unwrap_or(Aim::End);
        Self {
            aim,
            body_len: facts.body_len,
            bytes: 0,
            events: 0,
            last: Duration::ZERO,
            whole: false,
            repeats: false,
            met: false,
        }
    }

    /// The same, but never inside an action: for faults that put a frame of their own between frames.
    pub(super) fn between(self) -> Self {
        Self { whole: true, ..self }
    }

    /// The same, but it picks every event that fits from the named one on, not only that one.
    pub(super) fn again(self) -> Self {
        Self { repeats: true, ..self }
    }

    /// Shows the next action to the trigger.
    pub(super) fn meet(&mut self, action: Action) -> Meet {
        if self.met {
            return Meet::Pass(action);
        }
        let last = std::mem::replace(&mut self.last, action.at);
        let meet = match self.aim {
            Aim::Head => on_head(action, false),
            Aim::Start => on_head(action, true),
            Aim::End => on_end(action),
            Aim::Label { .. } => self.on_label(action),
            Aim::Bytes(count) => self.on_bytes(action, count),
            Aim::Percent(share) => self.on_bytes(action, part_of(self.body_len, share)),
            Aim::Millis(millis) => on_time(action, Duration::from_millis(millis).max(last)),
        };
        self.met = matches!(meet, Meet::Here { .. });
        meet
    }

    /// Whether this very action is the one that the aim names: for faults that change it.
    pub(super) fn picks(&mut self, action: &Action) -> bool {
        let Act::Data { bytes, .. } = &action.act else { return false };
        if self.met && !self.repeats {
            return false;
        }
        let end = self.bytes + bytes.len();
        let picked = match self.aim {
            Aim::Head | Aim::Start => true,
            Aim::End => end == self.body_len,
            Aim::Label { .. } => self.is_labelled(action),
            Aim::Bytes(count) => count < end,
            Aim::Percent(share) => part_of(self.body_len, share).min(self.body_len.saturating_sub(1)) < end,
            Aim::Millis(millis) => action.at >= Duration::from_millis(millis),
        };
        self.bytes = end;
        self.met |= picked;
        picked
    }

    fn is_labelled(&mut self, action: &Action) -> bool {
        let (Aim::Label { nth, .. }, Some(label)) = (&self.aim, action.label()) else { return false };
        if !self.aim.names(&label.event, label.index) {
            return false;
        }
        self.events += 1;
        self.events == *nth || (self.repeats && self.events > *nth)
    }

    fn on_label(&mut self, action: Action) -> Meet {
        if self.is_labelled(&action) {
            return Meet::Here { at: action.at, before: Some(action), after: None };
        }
        Meet::Pass(action)
    }

    fn on_bytes(&mut self, action: Action, count: usize) -> Meet {
        if count == 0 {
            return on_head(action, true);
        }
        let Act::Data { label, bytes, apart } = &action.act else { return on_end(action) };
        let start = self.bytes;
        self.bytes += bytes.len();
        if count > self.bytes {
            return Meet::Pass(action);
        }
        let piece = |part| Act::Data { label: label.clone(), bytes: part, apart: *apart };
        let keep = if self.whole { bytes.len() } else { count - start };
        let before = Action { act: piece(bytes.slice(..keep)), ..action.clone() };
        let after =
            (keep < bytes.len()).then(|| Action { act: piece(bytes.slice(keep..)), ..action.clone() });
        Meet::Here { at: action.at, before: Some(before), after }
    }
}

fn on_head(action: Action, deliver: bool) -> Meet {
    match action.act {
        Act::Head(_) if deliver => Meet::Here { at: action.at, before: Some(action), after: None },
        Act::Head(_) => Meet::Here { at: action.at, before: None, after: Some(action) },
        _ => on_end(action),
    }
}

/// An aim that was never met strikes at the end at the latest.
fn on_end(action: Action) -> Meet {
    if matches!(action.act, Act::End(_)) {
        return Meet::Here { at: action.at, before: None, after: Some(action) };
    }
    Meet::Pass(action)
}

/// The status line always goes first: a time that it is later than is the time right after it.
fn on_time(action: Action, time: Duration) -> Meet {
    match action.act {
        Act::Head(_) => Meet::Pass(action),
        _ if action.at >= time => Meet::Here { before: None, at: time, after: Some(action) },
        _ => on_end(action),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "bodies are far below 2^52 bytes and the share is within 0..=100"
)]
fn part_of(total: usize, share: f64) -> usize {
    (total as f64 * share / 100.0).ceil() as usize
}
