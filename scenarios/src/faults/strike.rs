//! A fault and where it strikes, and the fold of faults over a plan.

use super::kind::FaultKind;
use super::step::Facts;
use crate::aim::Aim;
use crate::plan::{self, Act, Action, Plan, PlanError};
use std::sync::Arc;

/// A fault and where it strikes, ready to be folded over a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Strike {
    /// What.
    pub kind: FaultKind,
    /// Where.
    pub at: Option<Aim>,
}

impl Strike {
    /// The fault in a few words: `reset at contentBlockDelta 0`.
    pub fn cause(&self) -> Arc<str> {
        match &self.at {
            Some(aim) => format!("{} at {aim}", self.kind.words()).into(),
            None => self.kind.words().into(),
        }
    }
}

/// Folds `strikes` over `plan`, in their order.
///
/// # Errors
/// Never for the faults here: any of them over a plan is a plan (a property that the tests hold). A fault that
/// broke this would be refused rather than executed.
pub fn apply(plan: &Plan, strikes: &[Strike]) -> Result<Plan, PlanError> {
    let mut actions = plan.actions().to_vec();
    for strike in strikes {
        actions = strike_over(actions, strike);
    }
    Plan::new(actions)
}

fn strike_over(actions: Vec<Action>, strike: &Strike) -> Vec<Action> {
    // A fault before this one may have ended the answer before it began: there is nothing left to strike.
    let Some(facts) = facts(&actions) else { return actions };
    let mut step = strike.kind.step(strike.at.as_ref(), facts, &strike.cause());
    let mut out = Vec::with_capacity(actions.len() + 2);
    for action in actions {
        step.step(action, &mut out);
        if matches!(out.last(), Some(Action { act: Act::End(_), .. })) {
            break;
        }
    }
    out
}

/// What the actions are, as the faults before left them; `None` without a head.
fn facts(actions: &[Action]) -> Option<Facts> {
    let Act::Head(head) = &actions.first()?.act else { return None };
    let body_len = actions.iter().map(|action| action.bytes().len()).sum();
    Some(Facts { body_len, streams: plan::streams(head, actions) })
}
