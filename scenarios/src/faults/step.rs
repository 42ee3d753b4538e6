//! What every fault is made of: a step over actions.

use crate::plan::{Act, Action, Ending};
use std::sync::Arc;
use std::time::Duration;

/// One action in, any number out.
pub trait Step {
    /// Takes the next action and pushes what becomes of it.
    fn step(&mut self, action: Action, out: &mut Vec<Action>);
}

/// What a step may know of the plan that it works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Length of the body in bytes.
    pub body_len: usize,
    /// Whether the body is an event stream.
    pub streams: bool,
}

/// An ending that a fault brings about.
pub(super) fn end(at: Duration, ending: Ending, cause: &Arc<str>) -> Action {
    Action { at, act: Act::End(ending), fault: Some(cause.clone()) }
}
