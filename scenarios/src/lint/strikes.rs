//! The sense of faults: each has a place where it can strike, and none spoils another that comes later.

use super::{Lint, trial};
use crate::aim::Aim;
use crate::faults::{self, FaultKind, Nonsense, Strike};
use crate::file::{Fault, ScenarioFile};
use crate::plan::{BODY, Label, Plan};

/// The events of ConverseStream, in their order.
const EVENTS: [&str; 6] =
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];

const SEE: &str = "`faultline explain` prints the events of each reply";

impl Lint<'_> {
    pub(super) fn faults(&mut self, file: &ScenarioFile) {
        for (at, fault) in file.faults.iter().enumerate() {
            let path = format!("faults[{at}]");
            self.fault(fault, file, &path);
            // With a place of its own, a fault leaves the rest of the stream whole.
            let spoils = |before: &&Fault| {
                before.at.is_none() && before.kind.spoils(&fault.kind) && meet(before, fault)
            };
            let spoiler = file.faults[..at].iter().find(spoils);
            if let Some(before) = spoiler {
                let (first, name) = (before.kind.name(), fault.kind.name());
                let message = format!("`{first}` leaves no whole frames for `{name}`, which comes after it");
                self.say(&path, message, format!("write `{first}` after it: faults act in their order"));
            }
        }
    }

    fn fault(&mut self, fault: &Fault, file: &ScenarioFile, path: &str) {
        self.quota(fault, path);
        if let FaultKind::Error(error) = &fault.kind {
            self.error_name(&error.0, &format!("{path}.do.error"));
        }
        if let Some(Nonsense { message, hint }) = fault.kind.nonsense(fault.at.as_ref()) {
            let place = if fault.at.is_some() { format!("{path}.at") } else { path.to_owned() };
            return self.say(&place, message, hint);
        }
        if let Some(aim @ Aim::Label { event, .. }) = &fault.at
            && event != BODY
            && !file.replies.iter().any(|reply| reply.improvise.is_some())
        {
            self.strikes(&fault.kind, aim, event, file, &format!("{path}.at"));
        }
    }

    fn quota(&mut self, fault: &Fault, path: &str) {
        let Some(quota) = fault.quota else { return };
        if quota.requests.is_some() == quota.tokens.is_some() {
            let message = "a quota is of requests or of tokens";
            self.say(&format!("{path}.quota"), message, "write `quota: { requests: 5, per: 60s }`");
        }
        if quota.per.0.is_zero() {
            let message = "a quota for no time at all never runs out";
            self.say(&format!("{path}.quota.per"), message, "write `per: 60s`");
        }
    }

    /// A fault that aims at an event which no reply has would never strike.
    fn strikes(&mut self, kind: &FaultKind, aim: &Aim, event: &str, file: &ScenarioFile, path: &str) {
        let plans: Vec<Plan> = file.replies.iter().filter_map(|reply| trial(reply).ok()).collect();
        let mut labels = plans.iter().flat_map(labels);
        if !labels.any(|label| aim.names(&label.event, label.index)) {
            let names = if EVENTS.contains(&event) { [].as_slice() } else { EVENTS.as_slice() };
            let message = format!("no reply has `{aim}`: the fault would never strike");
            self.guess(path, message, SEE, event, names);
        } else if kind.needs_event() && !plans.iter().any(|plan| changes(kind, aim, plan)) {
            let message = format!("`{}` finds nothing to change at `{aim}` in any reply", kind.name());
            self.say(path, message, SEE);
        }
    }
}

fn labels(plan: &Plan) -> impl Iterator<Item = &Label> {
    plan.actions().iter().filter_map(|action| action.label())
}

/// Whether the fault changes the plan at any event that fits. The count is not held against it: it depends on style.
fn changes(kind: &FaultKind, aim: &Aim, plan: &Plan) -> bool {
    let Aim::Label { event, index, .. } = aim else { return true };
    let nths = 1..=plan.actions().len() as u64;
    nths.map(|nth| Aim::Label { event: event.clone(), index: *index, nth }).any(|at| {
        let struck = faults::apply(plan, &[Strike { kind: kind.clone(), at: Some(at) }]);
        struck.is_ok_and(|struck| struck != *plan)
    })
}

/// Whether two faults may strike the same request, as far as the file says.
fn meet(one: &Fault, other: &Fault) -> bool {
    let calls = |fault: &Fault| {
        let first = fault.call.unwrap_or(1);
        let sure = fault.every.is_none() && fault.probability.is_none() && fault.quota.is_none();
        let times = fault.times.or(fault.call.map(|_| 1)).filter(|_| sure);
        (first, times.map_or(u64::MAX, |times| first.saturating_add(times - 1)))
    };
    let ((from, to), (other_from, other_to)) = (calls(one), calls(other));
    from <= other_to && other_from <= to
}
