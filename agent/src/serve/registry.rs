//! The prompts at work, those that are over and may still be asked for, and the conversations of sessions.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Lock, OwnedMutexGuard};

use super::execution::Execution;
use crate::conversation::Conversation;

/// So many prompts may be known at once; the oldest that are over are forgotten.
const EXECUTIONS: usize = 10_000;

/// So many sessions are remembered; the ones that were idle longest are forgotten.
const SESSIONS: usize = 10_000;

/// What is known.
#[derive(Default)]
pub(super) struct Registry(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    executions: HashMap<String, Arc<Execution>>,
    /// In the order in which they began.
    order: VecDeque<String>,
    sessions: HashMap<String, Arc<Lock<Conversation>>>,
    /// Their names, the one used last at the end.
    idle: VecDeque<String>,
}

/// A prompt that may begin: nobody else works on its conversation.
pub(super) struct Begun {
    pub(super) execution: Arc<Execution>,
    pub(super) conversation: OwnedMutexGuard<Conversation>,
}

/// Why a prompt may not begin.
#[derive(Debug)]
pub(super) enum Refused {
    /// Its session is at work.
    Busy,
    /// Too many are.
    Full,
}

impl Registry {
    /// Begins; a prompt without a session has a conversation of its own.
    pub(super) fn begin(&self, id: String, session: &str) -> Result<Begun, Refused> {
        let mut inner = self.inner();
        inner.forget_executions();
        if inner.executions.len() >= EXECUTIONS {
            return Err(Refused::Full);
        }
        let conversation = if session.is_empty() { Arc::default() } else { inner.session(session) };
        let conversation = conversation.try_lock_owned().map_err(|_| Refused::Busy)?;
        let execution = Arc::new(Execution::new(id.clone()));
        inner.executions.insert(id.clone(), execution.clone());
        inner.order.push_back(id);
        Ok(Begun { execution, conversation })
    }

    /// A prompt that is known.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Execution>> {
        self.inner().executions.get(id).cloned()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Makes room: of those that are over, the older half of what may be known goes.
    fn forget_executions(&mut self) {
        if self.executions.len() < EXECUTIONS {
            return;
        }
        let executions = &mut self.executions;
        let mut surplus = EXECUTIONS / 2;
        self.order.retain(|id| {
            let over = surplus > 0 && executions.get(id).is_none_or(|one| one.is_over());
            if over {
                executions.remove(id);
                surplus -= 1;
            }
            !over
        });
    }

    fn session(&mut self, name: &str) -> Arc<Lock<Conversation>> {
        self.idle.retain(|other| other != name);
        self.idle.push_back(name.to_owned());
        while self.idle.len() > SESSIONS {
            if let Some(oldest) = self.idle.pop_front() {
                self.sessions.remove(&oldest);
            }
        }
        self.sessions.entry(name.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_works_on_one_prompt_at_a_time_and_others_do_not_wait() {
        let registry = Registry::default();
        let first = registry.begin("1".into(), "a").unwrap_or_else(|_| panic!("refused"));
        assert!(matches!(registry.begin("2".into(), "a"), Err(Refused::Busy)));
        assert!(registry.begin("3".into(), "b").is_ok());
        assert!(registry.begin("4".into(), "").is_ok() && registry.begin("5".into(), "").is_ok());
        drop(first);
        assert!(registry.begin("6".into(), "a").is_ok());
        assert!(registry.find("1").is_some() && registry.find("2").is_none());
    }
}
