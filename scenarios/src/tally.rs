//! How often faults could have struck, and did; and which of them strike a call.

use crate::error_answer::error_plan;
use crate::faults::{self, Strike};
use crate::file::Fault;
use crate::plan::{Plan, PlanError};
use crate::seed::Seed;
use faultline_wire::AwsError;
use std::sync::Arc;

/// What is remembered of a list of faults.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many requests came.
    pub(crate) calls: u64,
    /// How often each fault could have struck, and did.
    could: Vec<u64>,
    did: Vec<u64>,
}

impl Tally {
    /// The plan with those of `faults` that strike the `nth` request (from 1), and their names. A fault that finds nothing
    /// to strike in this answer is not spent on it.
    pub(crate) fn strike(
        &mut self,
        mut plan: Arc<Plan>,
        faults: &[Fault],
        nth: u64,
        seed: &Seed,
    ) -> (Arc<Plan>, Vec<Arc<str>>) {
        self.could.resize(faults.len(), 0);
        self.did.resize(faults.len(), 0);
        let mut causes = Vec::new();
        for (at, fault) in faults.iter().enumerate() {
            if nth < fault.call.unwrap_or(1) || self.is_spent(at, fault) {
                continue;
            }
            let strike = Strike { kind: fault.kind.clone(), at: fault.at.clone() };
            let struck =
                faults::apply(&plan, std::slice::from_ref(&strike)).unwrap_or_else(|error| broken(&error));
            if acted(&plan, &struck, &strike.cause()) && self.strikes_now(at, fault, seed) {
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
    fn strikes_now(&mut self, at: usize, fault: &Fault, seed: &Seed) -> bool {
        self.could[at] += 1;
        let due = fault.every.is_none_or(|every| self.could[at].is_multiple_of(every));
        let now = due && fault.probability.is_none_or(|share| seed.of("fault").of(at as u64).unit() < share);
        self.did[at] += u64::from(now);
        now
    }
}

/// Whether a fault left a trace: one that aims at an event finds nothing to strike in a unary answer. The trace of the same
/// fault before it is not its own.
fn acted(before: &Plan, after: &Plan, cause: &Arc<str>) -> bool {
    after.actions().iter().any(|action| action.faults().any(|fault| *fault == **cause)) && before != after
}

fn broken(error: &PlanError) -> Plan {
    error_plan(&AwsError::validation(format!("faultline: the faults make no plan: {error}")))
}
