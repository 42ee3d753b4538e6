//! A tool in its box: with its policy, its schema ready, and what is remembered of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::input_check::InputCheck;
use super::state::{Gate, Health, State};
use super::{Tool, ToolOutput, ToolPolicy};

/// A tool in its box.
pub(crate) struct Entry {
    pub(crate) tool: Box<dyn Tool>,
    pub(crate) policy: ToolPolicy,
    pub(crate) check: InputCheck,
    pub(crate) fallback: Option<Arc<Entry>>,
    state: Mutex<State>,
}

impl Entry {
    pub(super) fn new(
        tool: Box<dyn Tool>,
        policy: ToolPolicy,
        check: InputCheck,
        fallback: Option<Arc<Self>>,
    ) -> Self {
        let state = Mutex::new(State::new(&policy));
        Self { tool, policy, check, fallback, state }
    }

    pub(crate) fn name(&self) -> &str {
        self.tool.name()
    }

    /// Whether it, or a fallback that may take its place, does something that must not be done twice.
    pub(crate) fn writes(&self) -> bool {
        !self.policy.idempotent || self.fallback.as_ref().is_some_and(|fallback| fallback.writes())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something does, the state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An earlier output for the same input, in canonical form.
    pub(crate) fn cached(&self, input: &str, now: Duration) -> Option<ToolOutput> {
        self.state().cached(input, now)
    }

    pub(crate) fn admit(&self, now: Duration) -> Gate {
        self.state().admit(&self.policy, now)
    }

    pub(crate) fn report(&self, health: Health, now: Duration) {
        self.state().report(&self.policy, health, now);
    }

    pub(crate) fn remember(&self, input: &str, output: &ToolOutput, now: Duration) {
        self.state().remember(&self.policy, input.to_owned(), output.clone(), now);
    }
}
