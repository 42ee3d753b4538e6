//! The control block of one connection: what its streams and its socket tell each other.
//!
//! Streams say "wake me when my bytes have left" and "end the connection thus"; the socket obeys at a
//! completed flush.

use crate::barrier::Mark;
use crate::recording::Recording;
use atomic_waker::AtomicWaker;
use faultline_scenarios::plan::Ending;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// The ending of a connection, and the exchange that it concludes.
pub(crate) struct Last {
    /// `Cut`, `Reset` or `Goaway`.
    pub(crate) ending: Ending,
    /// To be finished when the ending acts.
    pub(crate) recording: Recording,
}

/// The control block. All of it is quiet, two atomic loads a flush, until an ending is near.
#[derive(Default)]
pub(crate) struct Control {
    socket: AtomicWaker,
    watching: AtomicBool,
    marks: Mutex<Vec<Arc<Mark>>>,
    ending: AtomicBool,
    last: Mutex<Option<Last>>,
    newest_stream: AtomicU32,
    /// There on connections that close between answers.
    answers: Option<Answers>,
}

/// The answers of a connection that closes between answers.
#[derive(Default)]
struct Answers {
    running: AtomicUsize,
    ended: AtomicBool,
}

impl Control {
    /// A control block that counts answers.
    pub(crate) fn counting() -> Self {
        Self { answers: Some(Answers::default()), ..Self::default() }
    }

    /// Called by an answer when its plan is known.
    pub(crate) fn answer_begins(&self) {
        if let Some(answers) = &self.answers {
            answers.running.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Called by an answer when nothing more of it will be handed over.
    pub(crate) fn answer_ends(&self) {
        if let Some(answers) = &self.answers {
            answers.running.fetch_sub(1, Ordering::AcqRel);
            answers.ended.store(true, Ordering::Release);
            // Its last bytes may have left already.
            self.socket.wake();
        }
    }

    /// Whether an answer has ended and none is under way. Known only where answers are counted.
    pub(crate) fn is_answered(&self) -> bool {
        self.answers.as_ref().is_some_and(|answers| {
            answers.ended.load(Ordering::Acquire) && answers.running.load(Ordering::Acquire) == 0
        })
    }

    /// Called by the socket: whom to wake when an ending is due.
    pub(crate) fn register(&self, waker: &Waker) {
        self.socket.register(waker);
    }

    /// Called by the socket: the newest stream that the client has opened.
    pub(crate) fn opened(&self, stream: u32) {
        self.newest_stream.store(stream, Ordering::Relaxed);
    }

    /// The newest stream that the client has opened; 0 over HTTP/1.1.
    pub(crate) fn newest_stream(&self) -> u32 {
        self.newest_stream.load(Ordering::Relaxed)
    }

    /// Called by the socket after a completed flush.
    pub(crate) fn flushed(&self) {
        if !self.watching.load(Ordering::Acquire) {
            return;
        }
        let mut marks = lock(&self.marks);
        marks.retain(|mark| !mark.flushed());
        self.watching.store(!marks.is_empty(), Ordering::Release);
    }

    /// Called by a stream: tell this mark when its bytes have left.
    pub(crate) fn watch(&self, mark: &Arc<Mark>) {
        mark.rearm();
        let mut marks = lock(&self.marks);
        marks.push(Arc::clone(mark));
        self.watching.store(true, Ordering::Release);
        drop(marks);
        self.socket.wake();
    }

    /// Called by a stream: the connection ends. The first ending wins; a later one comes back.
    pub(crate) fn end(&self, last: Last) -> Result<(), Last> {
        let mut slot = lock(&self.last);
        if self.ending.swap(true, Ordering::AcqRel) {
            return Err(last);
        }
        *slot = Some(last);
        drop(slot);
        self.socket.wake();
        Ok(())
    }

    /// Whether an ending of the whole connection was asked for.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// The ending, for the one who acts on it.
    pub(crate) fn take_last(&self) -> Option<Last> {
        lock(&self.last).take()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
