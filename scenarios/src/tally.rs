//! How often faults could have struck, and did; and which of them strike a call.

use crate::error_answer::error_plan;
use crate::faults::{self, Strike};
use crate::file::Fault;
use crate::plan::{Plan, PlanError};
use crate::quota::{Spent, tokens};
use crate::seed::Seed;
use faultline_wire::{AwsError, Call};
use std::sync::Arc;
use std::time::Duration;

/// A request as faults see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    /// Which one it is of those that are counted, from 1.
    pub(crate) nth: u64,
    /// What it draws from.
    pub(crate) seed: &'a Seed,
    /// What was asked, and when; a tool's call has neither.
    pub(crate) asked: Option<Asked<'a>>,
}

/// A request to a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The request.
    pub(crate) call: &'a Call,
    /// When, from the start of the server.
    pub(crate) now: Duration,
    /// Whether it is for the model that its session asked for first.
    pub(crate) of_first_model: bool,
}

/// What is remembered of a list of faults.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many requests came.
    pub(crate) calls: u64,
    /// How often each fault could have struck, and did.
    could: Vec<u64>,
    did: Vec<u64>,
    /// What of each fault's quota is used up.
    spent: Vec<Spent>,
}

impl Tally {
    /// The plan with those of `faults` that strike the request, and their names. A fault that finds nothing to strike in
    /// this answer is not spent on it.
    pub(crate) fn strike(
        &mut self,
        mut plan: Arc<Plan>,
        faults: &[Fault],
        attempt: Attempt<'_>,
    ) -> (Arc<Plan>, Vec<Arc<str>>) {
        self.could.resize(faults.len(), 0);
        self.did.resize(faults.len(), 0);
        self.spent.resize_with(faults.len(), Spent::default);
        let mut causes = Vec::new();
        for (at, fault) in faults.iter().enumerate() {
            if !concerns(fault, attempt) || self.is_spent(at, fault) {
                continue;
            }
            let strike = Strike { kind: fault.kind.clone(), at: fault.at.clone() };
            let struck =
                faults::apply(&plan, std::slice::from_ref(&strike)).unwrap_or_else(|error| broken(&error));
            if acted(&plan, &struck, &strike.cause()) && self.strikes_now(at, fault, attempt) {
                plan = Arc::new(struck);
                causes.push(strike.cause());
            }
        }
        (plan, causes)
    }

    /// How often the faults struck.
    pub(crate) fn struck(&self) -> u64 {
        self.did.iter().sum()
    }

    /// Whether a fault has struck as often as it may.
    fn is_spent(&self, at: usize, fault: &Fault) -> bool {
        let most = fault.times.unwrap_or(if fault.call.is_some() { 1 } else { u64::MAX });
        self.did[at] >= most
    }

    /// Whether a fault that could strike does; counts both.
    fn strikes_now(&mut self, at: usize, fault: &Fault, attempt: Attempt<'_>) -> bool {
        if !self.is_beyond_quota(at, fault, attempt) {
            return false;
        }
        self.could[at] += 1;
        let due = fault.every.is_none_or(|every| self.could[at].is_multiple_of(every));
        let draw = || attempt.seed.of("fault").of(at as u64).unit();
        let now = due && fault.probability.is_none_or(|share| draw() < share);
        self.did[at] += u64::from(now);
        now
    }

    fn is_beyond_quota(&mut self, at: usize, fault: &Fault, attempt: Attempt<'_>) -> bool {
        let Some((quota, asked)) = fault.quota.zip(attempt.asked) else { return true };
        let cost = if quota.tokens.is_some() { tokens(asked.call) } else { 0 };
        quota.is_exceeded(&mut self.spent[at], asked.now, cost)
    }
}

/// Whether the request is one that the fault is meant for.
fn concerns(fault: &Fault, attempt: Attempt<'_>) -> bool {
    let of_first_model = attempt.asked.is_none_or(|asked| asked.of_first_model);
    attempt.nth >= fault.call.unwrap_or(1) && (of_first_model || !fault.first_model)
}

/// Whether a fault left a trace: one that aims at an event finds nothing to strike in a unary answer. The trace of the same
/// fault before it is not its own.
fn acted(before: &Plan, after: &Plan, cause: &Arc<str>) -> bool {
    after.actions().iter().any(|action| action.faults().any(|fault| *fault == **cause)) && before != after
}

fn broken(error: &PlanError) -> Plan {
    error_plan(&AwsError::validation(format!("faultline: the faults make no plan: {error}")))
}
