//! Faults that were added at run time: whom they are for, and how often they struck.
//!
//! Each counts for itself and for each session apart, so that sessions stay repeatable.

use crate::file::Fault;
use crate::plan::Plan;
use crate::seed::Seed;
use crate::tally::{Asked, Attempt, Tally};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A fault that was added at run time.
#[derive(Clone, Debug)]
pub struct Injected {
    /// The session that it is for; `None` for all.
    pub session: Option<Arc<str>>,
    /// The fault. Its `call` counts the session's requests from the injection on.
    pub fault: Fault,
    /// How often it has struck, all sessions together.
    pub struck: u64,
}

/// The injected faults of a server.
#[derive(Debug, Default)]
pub(crate) struct Injections {
    /// How many there are: most servers have none, and ask for nothing more.
    count: AtomicUsize,
    list: Mutex<Vec<Injection>>,
}

#[derive(Debug)]
struct Injection {
    /// What it draws from, beside the call: two faults that are alike strike apart.
    number: u64,
    session: Option<Arc<str>>,
    fault: Fault,
    tallies: HashMap<Arc<str>, Tally>,
}

impl Injections {
    /// Adds `fault`, for one session or for all, after those that are there.
    pub(crate) fn add(&self, session: Option<&str>, fault: Fault) {
        let mut list = self.list();
        let number = list.last().map_or(0, |last| last.number + 1);
        list.push(Injection { number, session: session.map(Arc::from), fault, tallies: HashMap::new() });
        self.count.store(list.len(), Ordering::Release);
    }

    /// Removes those that were injected for `session` alone; `None`: all that there are.
    pub(crate) fn forget(&self, session: Option<&str>) {
        let mut list = self.list();
        list.retain(|injection| session.is_some() && injection.session.as_deref() != session);
        self.count.store(list.len(), Ordering::Release);
    }

    /// As [`Self::forget`]; those for all sessions count `session` from the start again.
    pub(crate) fn reset(&self, session: Option<&str>) {
        self.forget(session);
        for injection in self.list().iter_mut() {
            session.map(|session| injection.tallies.remove(session));
        }
    }

    /// What there is, in the order of its injection.
    pub(crate) fn all(&self) -> Vec<Injected> {
        let injected = |injection: &Injection| Injected {
            session: injection.session.clone(),
            fault: injection.fault.clone(),
            struck: injection.tallies.values().map(Tally::struck).sum(),
        };
        self.list().iter().map(injected).collect()
    }

    /// The plan with those that strike this request of `session`, and their names. The request counts.
    pub(crate) fn strike(
        &self,
        mut plan: Arc<Plan>,
        session: &Arc<str>,
        seed: &Seed,
        asked: Asked<'_>,
    ) -> (Arc<Plan>, Vec<Arc<str>>) {
        let mut causes = Vec::new();
        if self.count.load(Ordering::Acquire) == 0 {
            return (plan, causes);
        }
        let mut list = self.list();
        let mine = |injection: &&mut Injection| injection.session.as_ref().is_none_or(|own| own == session);
        for injection in list.iter_mut().filter(mine) {
            let (struck, more) = injection.strike(plan, session, seed, asked);
            plan = struck;
            causes.extend(more);
        }
        (plan, causes)
    }

    fn list(&self) -> MutexGuard<'_, Vec<Injection>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Injection {
    fn strike(
        &mut self,
        plan: Arc<Plan>,
        session: &Arc<str>,
        seed: &Seed,
        asked: Asked<'_>,
    ) -> (Arc<Plan>, Vec<Arc<str>>) {
        let tally = self.tallies.entry(session.clone()).or_default();
        tally.calls += 1;
        let seed = seed.of("injected").of(self.number);
        let attempt = Attempt { nth: tally.calls, seed: &seed, asked: Some(asked) };
        tally.strike(plan, std::slice::from_ref(&self.fault), attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Ending;
    use faultline_wire::{Call, Operation};
    use serde_json::json;
    use std::time::Duration;

    fn fault(written: &serde_json::Value) -> Fault {
        serde_json::from_value(written.clone()).unwrap()
    }

    /// The plan of a short answer.
    fn plan() -> Arc<Plan> {
        Arc::new(crate::error_answer::error_plan(&faultline_wire::AwsError::validation("no")))
    }

    fn call() -> Call {
        let (operation, body) = (Operation::Converse, json!({}));
        Call { operation, model_id: "m".into(), base: String::new(), headers: Vec::new(), body }
    }

    fn struck(injections: &Injections, session: &str, calls: usize) -> Vec<bool> {
        let strike = |nth: usize| {
            let asked = Asked { call: &call(), now: Duration::ZERO, of_first_model: true };
            let (plan, causes) = injections.strike(plan(), &session.into(), &Seed::new(nth as u64), asked);
            assert_eq!(plan.ending() == Ending::Reset, !causes.is_empty(), "{causes:?}");
            !causes.is_empty()
        };
        (0..calls).map(strike).collect()
    }

    #[test]
    fn a_fault_counts_from_its_injection_on_each_session_apart() {
        let injections = Injections::default();
        assert_eq!(struck(&injections, "a", 2), [false, false]);
        injections.add(None, fault(&json!({"do": "reset", "at": "end", "call": 2})));
        assert_eq!(struck(&injections, "a", 3), [false, true, false]);
        assert_eq!(struck(&injections, "b", 3), [false, true, false]);
        assert_eq!(injections.all()[0].struck, 2);
        injections.add(Some("a"), fault(&json!({"do": "reset", "at": "end", "times": 1})));
        assert_eq!(
            (struck(&injections, "b", 1), struck(&injections, "a", 2)),
            (vec![false], vec![true, false])
        );
    }

    #[test]
    fn a_fault_that_cannot_act_is_not_spent() {
        let injections = Injections::default();
        injections.add(None, fault(&json!({"do": "reset", "at": "contentBlockDelta", "times": 1})));
        assert_eq!(struck(&injections, "a", 2), [false, false]);
        assert_eq!(injections.all()[0].struck, 0);
    }

    #[test]
    fn two_faults_that_are_alike_count_apart() {
        let injections = Injections::default();
        let once = || fault(&json!({"do": "reset", "at": "end", "times": 1}));
        injections.add(None, once());
        injections.add(None, once());
        assert_eq!(struck(&injections, "a", 3), [true, true, false]);
    }

    #[test]
    fn what_is_forgotten_strikes_no_more() {
        let always = || fault(&json!({"do": "reset", "at": "end"}));
        let check = |forget: fn(&Injections), a: bool, b: bool, left: usize| {
            let injections = Injections::default();
            injections.add(Some("a"), always());
            injections.add(Some("b"), always());
            forget(&injections);
            assert_eq!((struck(&injections, "a", 1), struck(&injections, "b", 1)), (vec![a], vec![b]));
            assert_eq!(injections.all().len(), left);
        };
        check(|_| (), true, true, 2);
        check(|injections| injections.forget(Some("a")), false, true, 1);
        check(|injections| injections.reset(Some("b")), true, false, 1);
        check(|injections| injections.forget(None), false, false, 0);
        check(|injections| injections.reset(None), false, false, 0);
    }

    #[test]
    fn a_reset_session_counts_from_the_start_again() {
        let injections = Injections::default();
        injections.add(None, fault(&json!({"do": "reset", "at": "end", "times": 1})));
        assert_eq!(struck(&injections, "a", 2), [true, false]);
        injections.reset(Some("a"));
        assert_eq!(struck(&injections, "a", 2), [true, false]);
    }
}
