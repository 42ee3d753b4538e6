//! One prompt at work: its events so far, who watches, and whether somebody wants it stopped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::watch;

use crate::steer::Steering;
use crate::wire_event::WireEvent;

/// So many events may wait for the client that has read most; then the run waits too.
const AHEAD: usize = 1024;

/// An event that was sent: with its place, and as JSON.
#[derive(Debug)]
pub(super) struct Sent {
    /// Its place among the events of its prompt, from 1.
    pub(super) number: usize,
    /// What it is.
    pub(super) event: WireEvent,
    /// The same as JSON.
    pub(super) json: String,
}

/// One prompt at work.
pub(super) struct Execution {
    pub(super) id: String,
    /// The hand on its run.
    pub(super) steering: Steering,
    state: Mutex<State>,
    /// How many events there are.
    pub(super) count: watch::Sender<usize>,
    pub(super) watchers: watch::Sender<usize>,
    stopped: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    events: Vec<Arc<Sent>>,
    /// How many of them somebody has read.
    read: usize,
    /// The run, where it waits for readers.
    waiting: Option<Waker>,
}

impl Execution {
    pub(super) fn new(id: String) -> Self {
        Self {
            id,
            steering: Steering::new(),
            state: Mutex::default(),
            count: watch::Sender::new(0),
            watchers: watch::Sender::new(0),
            stopped: watch::Sender::new(false),
        }
    }

    /// One more event.
    pub(super) fn push(&self, event: WireEvent) {
        // The types hold nothing that JSON cannot: names and texts.
        let json = serde_json::to_string(&event).unwrap_or_default();
        let mut state = self.state();
        let number = state.events.len() + 1;
        state.events.push(Arc::new(Sent { number, event, json }));
        drop(state);
        self.count.send_replace(number);
    }

    /// The event behind the first `seen`, if it is there.
    pub(super) fn event(&self, seen: usize) -> Option<Arc<Sent>> {
        self.state().events.get(seen).cloned()
    }

    /// Whether its last event is there.
    pub(super) fn is_over(&self) -> bool {
        self.state().events.last().is_some_and(|last| last.event.is_last())
    }

    /// Somebody has read so many.
    pub(super) fn has_read(&self, seen: usize) {
        let mut state = self.state();
        state.read = state.read.max(seen);
        if let Some(waker) = state.waiting.take() {
            waker.wake();
        }
    }

    /// Whether readers are too far behind; `waker` is woken when one has read on.
    pub(super) fn is_ahead(&self, waker: &Waker) -> bool {
        let mut state = self.state();
        let ahead = state.events.len() > state.read + AHEAD;
        if ahead {
            state.waiting = Some(waker.clone());
        }
        ahead
    }

    /// Asks it to stop.
    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Waits until it shall stop: it was told so, or nobody has watched it for so long.
    pub(super) async fn abandoned(&self, linger: Duration) -> &'static str {
        let (mut watchers, mut stopped) = (self.watchers.subscribe(), self.stopped.subscribe());
        let left = async {
            loop {
                // The senders are ours: they do not go away.
                let _ = watchers.wait_for(|count| *count == 0).await;
                let back = watchers.wait_for(|count| *count > 0);
                if tokio::time::timeout(linger, back).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => "it was cancelled",
            () = left => "the client left",
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
