//! A hand on a run while it works: say something else, cancel a tool call, answer a question. It knows no transport.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::{oneshot, watch};

/// A hand on one run, see [`Agent::run_steered`](crate::Agent::run_steered). Clones are the same hand.
#[derive(Clone, Debug)]
pub struct Steering(Arc<Hand>);

#[derive(Debug)]
struct Hand {
    state: Mutex<State>,
    /// Told of whatever somebody does; not of what the run does itself.
    acted: watch::Sender<()>,
}

/// Why nothing came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SteerError {
    /// The run has ended.
    #[error("the run is over")]
    Over,
    /// What was said is blank.
    #[error("what was said is blank")]
    Blank,
    /// No such tool call waits or runs.
    #[error("no tool call of this id waits or runs")]
    NoCall,
    /// No such tool call has asked.
    #[error("no tool call of this id waits for an answer")]
    NoQuestion,
}

#[derive(Debug, Default)]
struct State {
    /// Whether somebody is there to answer questions.
    attended: bool,
    over: bool,
    redirect: Option<String>,
    calls: HashSet<String>,
    cancelled: HashSet<String>,
    questions: HashMap<String, oneshot::Sender<String>>,
}

impl Default for Steering {
    fn default() -> Self {
        Self::new()
    }
}

impl Steering {
    /// A hand that somebody holds: tools may ask.
    #[must_use]
    pub fn new() -> Self {
        Self::of(State { attended: true, ..State::default() })
    }

    /// A hand that nobody holds: a tool that asks is told so.
    pub(crate) fn unattended() -> Self {
        Self::of(State::default())
    }

    fn of(state: State) -> Self {
        Self(Arc::new(Hand { state: Mutex::new(state), acted: watch::Sender::new(()) }))
    }

    /// Says something else in the middle of an answer. The model's stream is dropped and the tools that run are cancelled;
    /// what was shown stays in the history, marked as broken off, and `text` is the next prompt of the same run. Where more
    /// is said before the run has heard the first, both are one prompt.
    ///
    /// # Errors
    /// [`SteerError::Over`], [`SteerError::Blank`].
    pub fn redirect(&self, text: &str) -> Result<(), SteerError> {
        if text.trim().is_empty() {
            return Err(SteerError::Blank);
        }
        self.act(|state| {
            let before = state.redirect.take().map(|before| before + "\n").unwrap_or_default();
            state.redirect = Some(before + text);
            Ok(())
        })
    }

    /// Cancels one tool call; the model is told, and the others go on. Work that a tool does without ever awaiting goes on to
    /// its next await.
    ///
    /// # Errors
    /// [`SteerError::Over`], [`SteerError::NoCall`].
    pub fn cancel_tool(&self, tool_use_id: &str) -> Result<(), SteerError> {
        self.act(|state| {
            let known = state.calls.contains(tool_use_id);
            known.then(|| state.cancelled.insert(tool_use_id.to_owned())).ok_or(SteerError::NoCall)?;
            Ok(())
        })
    }

    /// Answers what a tool call has asked ([`AgentEvent::Question`](crate::AgentEvent::Question)).
    ///
    /// # Errors
    /// [`SteerError::Over`], [`SteerError::NoQuestion`].
    pub fn answer(&self, tool_use_id: &str, text: &str) -> Result<(), SteerError> {
        self.act(|state| {
            let question = state.questions.remove(tool_use_id).ok_or(SteerError::NoQuestion)?;
            question.send(text.to_owned()).map_err(|_| SteerError::NoQuestion)
        })
    }

    fn act(&self, act: impl FnOnce(&mut State) -> Result<(), SteerError>) -> Result<(), SteerError> {
        let mut state = self.state();
        if state.over {
            return Err(SteerError::Over);
        }
        act(&mut state)?;
        drop(state);
        self.0.acted.send_replace(());
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something does, the state is still whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something else was said.
    pub(crate) async fn redirected(&self) {
        self.wait_for(|state| state.redirect.is_some()).await;
    }

    /// Waits until a tool call is to be cancelled, or all are.
    pub(crate) async fn interrupted(&self) {
        self.wait_for(|state| state.redirect.is_some() || !state.cancelled.is_empty()).await;
    }

    async fn wait_for(&self, wanted: impl Fn(&State) -> bool) {
        let mut acted = self.0.acted.subscribe();
        while !wanted(&self.state()) {
            // The sender is ours: it does not go away.
            let _ = acted.changed().await;
        }
    }

    /// What else was said, once.
    pub(crate) fn take_redirect(&self) -> Option<String> {
        self.state().redirect.take()
    }

    /// Whether something else was said.
    pub(crate) fn is_redirected(&self) -> bool {
        self.state().redirect.is_some()
    }

    /// What else was said in the last moment; where nothing was, the run is over.
    pub(crate) fn last_word(&self) -> Option<String> {
        let mut state = self.state();
        state.over = state.redirect.is_none();
        state.redirect.take()
    }

    /// The run has ended.
    pub(crate) fn close(&self) {
        self.state().over = true;
    }

    /// Which calls are to be cancelled, once.
    pub(crate) fn take_cancelled(&self) -> HashSet<String> {
        std::mem::take(&mut self.state().cancelled)
    }

    /// These calls may be cancelled from now on.
    pub(crate) fn open_calls(&self, ids: impl Iterator<Item = String>) {
        self.state().calls.extend(ids);
    }

    /// The call has its result.
    pub(crate) fn close_call(&self, id: &str) {
        let mut state = self.state();
        state.calls.remove(id);
        state.cancelled.remove(id);
        state.questions.remove(id);
    }

    /// A tool call asks; whether somebody is there.
    pub(crate) fn ask(&self, id: &str, answer: oneshot::Sender<String>) -> bool {
        let mut state = self.state();
        if state.attended {
            state.questions.insert(id.to_owned(), answer);
        }
        state.attended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_can_be_steered_and_nothing_once_it_is_over() {
        let steering = Steering::new();
        assert_eq!(steering.cancel_tool("a"), Err(SteerError::NoCall));
        assert_eq!(steering.answer("a", "yes"), Err(SteerError::NoQuestion));
        assert_eq!(steering.redirect(" \n"), Err(SteerError::Blank));
        steering.open_calls(["a".to_owned()].into_iter());
        assert_eq!(steering.cancel_tool("a"), Ok(()));
        assert_eq!(steering.take_cancelled(), HashSet::from(["a".to_owned()]));
        steering.close_call("a");
        assert_eq!(steering.cancel_tool("a"), Err(SteerError::NoCall));
        steering.close();
        assert_eq!(steering.redirect("Stop."), Err(SteerError::Over));
    }

    #[test]
    fn what_is_said_twice_in_a_row_is_one_prompt() {
        let steering = Steering::new();
        steering.redirect("Not that one.").unwrap();
        steering.redirect("The other.").unwrap();
        assert_eq!(steering.take_redirect().as_deref(), Some("Not that one.\nThe other."));
        assert_eq!(steering.take_redirect(), None);
    }

    #[test]
    fn a_question_is_answered_once_and_only_where_somebody_is_there() {
        let (sender, mut answer) = oneshot::channel();
        let steering = Steering::new();
        assert!(steering.ask("a", sender));
        assert_eq!(steering.answer("a", "blue"), Ok(()));
        assert_eq!(answer.try_recv(), Ok("blue".to_owned()));
        assert_eq!(steering.answer("a", "red"), Err(SteerError::NoQuestion));
        let (sender, _answer) = oneshot::channel();
        assert!(!Steering::unattended().ask("a", sender));
    }
}
