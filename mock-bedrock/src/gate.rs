//! The gate: which admissions stand, which connection is the how manieth, and what was done to connections.
//!
//! It decides by [`faultline_scenarios::admission`] and remembers; the connection acts. Without admissions a connection
//! costs it one count.

use faultline_scenarios::admission::{Admission, AdmissionKind, Standing, Treatment, decide};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Something that was done to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionEvent {
    /// The connection: which one of the server, from 1. Those of the admin API count too.
    pub connection: u64,
    /// When, from the start of the server.
    pub at: Duration,
    /// What. Several admissions of one kind are one event, with their common setting.
    pub kind: AdmissionKind,
    /// What the client made of it, where the server can tell.
    pub client: Option<String>,
}

/// The gate of one server.
pub(crate) struct Gate {
    began: Instant,
    limit: usize,
    connections: AtomicU64,
    /// Whether any admission stands.
    guarded: AtomicBool,
    rules: Mutex<Rules>,
    events: Mutex<VecDeque<ConnectionEvent>>,
}

/// The admissions that stand.
#[derive(Default)]
struct Rules {
    standing: Vec<Standing>,
    /// How many of them the server was started with; the others came later.
    own: usize,
}

impl Gate {
    /// A gate with these admissions, which remembers at most `limit` events.
    pub(crate) fn new(admissions: Vec<Admission>, limit: usize, began: Instant) -> Self {
        let gate = Self {
            began,
            limit,
            connections: AtomicU64::new(0),
            guarded: AtomicBool::new(false),
            rules: Mutex::default(),
            events: Mutex::default(),
        };
        gate.admit(admissions);
        let mut rules = lock(&gate.rules);
        rules.own = rules.standing.len();
        drop(rules);
        gate
    }

    /// A connection is there: its number, and what to do to it if anything.
    pub(crate) fn arrived(&self) -> (u64, Option<Treatment>) {
        let number = self.connections.fetch_add(1, Ordering::AcqRel) + 1;
        if !self.guarded.load(Ordering::Acquire) {
            return (number, None);
        }
        let treatment = decide(&lock(&self.rules).standing, number);
        (number, (treatment != Treatment::default()).then_some(treatment))
    }

    /// How many connections there were so far.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Acquire)
    }

    /// Adds admissions; they count the connections from now on.
    pub(crate) fn admit(&self, admissions: Vec<Admission>) {
        let mut rules = lock(&self.rules);
        let after = self.connections();
        rules.standing.extend(admissions.into_iter().map(|admission| Standing { admission, after }));
        self.guarded.store(!rules.standing.is_empty(), Ordering::Release);
    }

    /// Removes the admissions that were added since the start; how many.
    pub(crate) fn forget_added(&self) -> usize {
        let mut rules = lock(&self.rules);
        let (before, own) = (rules.standing.len(), rules.own);
        rules.standing.truncate(own);
        self.guarded.store(own > 0, Ordering::Release);
        before - own
    }

    /// As at the start: added admissions and events are gone, the others count from now on.
    pub(crate) fn reset(&self) {
        self.forget_added();
        let after = self.connections();
        lock(&self.rules).standing.iter_mut().for_each(|standing| standing.after = after);
        lock(&self.events).clear();
    }

    /// The admissions that stand, those from the start first.
    pub(crate) fn standing(&self) -> Vec<Admission> {
        lock(&self.rules).standing.iter().map(|standing| standing.admission.clone()).collect()
    }

    /// Notes that something was done to a connection just now.
    pub(crate) fn did(&self, connection: u64, kind: AdmissionKind, client: Option<String>) {
        tracing::debug!(connection, %kind, ?client, "an admission struck");
        let event = ConnectionEvent { connection, at: self.began.elapsed(), kind, client };
        let mut events = lock(&self.events);
        events.push_back(event);
        if events.len() > self.limit {
            events.pop_front();
        }
    }

    /// What was done, in order; the oldest make room for the newest.
    pub(crate) fn events(&self) -> Vec<ConnectionEvent> {
        lock(&self.events).iter().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(connection: Option<u64>, times: Option<u64>) -> Vec<Admission> {
        vec![Admission { kind: AdmissionKind::Refuse, connection, times }]
    }

    fn struck(gate: &Gate, count: usize) -> Vec<bool> {
        (0..count).map(|_| gate.arrived().1.is_some()).collect()
    }

    #[test]
    fn added_admissions_count_from_now_on_and_can_be_forgotten() {
        let gate = Gate::new(refuse(Some(2), None), 10, Instant::now());
        assert_eq!(struck(&gate, 3), [false, true, false]);
        gate.admit(refuse(None, Some(2)));
        assert_eq!(struck(&gate, 3), [true, true, false]);
        gate.admit(refuse(None, None));
        assert_eq!((gate.forget_added(), struck(&gate, 1)), (2, vec![false]));
        gate.reset();
        assert_eq!((struck(&gate, 3), gate.connections()), (vec![false, true, false], 10));
    }

    #[test]
    fn the_oldest_event_makes_room() {
        let gate = Gate::new(Vec::new(), 2, Instant::now());
        (1..=3).for_each(|number| gate.did(number, AdmissionKind::Refuse, None));
        assert_eq!(gate.events().iter().map(|event| event.connection).collect::<Vec<_>>(), [2, 3]);
    }
}
