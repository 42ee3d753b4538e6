//! The barrier: an ending acts only after every byte before it has left through the socket.
//!
//! Pieces of a body carry a mark. HTTP machinery consumes a piece when it copies or writes it; a completed
//! flush after that means that the bytes are gone. Counting at the piece makes this exact per stream, flow
//! control included, without knowing stream ids.

use atomic_waker::AtomicWaker;
use bytes::{Buf, Bytes};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// How much of one body was handed over, was consumed, and whether all of it has left.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    handed: AtomicUsize,
    consumed: AtomicUsize,
    left: AtomicBool,
    waker: AtomicWaker,
}

impl Mark {
    /// Whether everything handed over was consumed: the next completed flush carries it out.
    fn is_consumed(&self) -> bool {
        self.consumed.load(Ordering::Acquire) >= self.handed.load(Ordering::Acquire)
    }

    /// Called after a completed flush: whether the wait is over. Wakes the one who waits.
    pub(crate) fn flushed(&self) -> bool {
        let over = self.is_consumed();
        if over {
            self.left.store(true, Ordering::Release);
            self.waker.wake();
        }
        over
    }

    /// Ready when all bytes have left. The caller has made the mark known to the connection.
    pub(crate) fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        if self.left.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Starts a new wait.
    pub(crate) fn rearm(&self) {
        self.left.store(false, Ordering::Release);
    }

    /// The body is gone: nobody waits any more, and what was not consumed never will be.
    pub(crate) fn abandon(&self) {
        self.handed.store(0, Ordering::Release);
    }

    /// Whether nothing was handed over so far.
    pub(crate) fn is_unused(&self) -> bool {
        self.handed.load(Ordering::Acquire) == 0
    }
}

/// A piece of body on its way out.
#[derive(Debug)]
pub(crate) struct Piece {
    bytes: Bytes,
    mark: Option<Arc<Mark>>,
    /// An empty piece is consumed by being dropped.
    empty: bool,
}

impl Piece {
    /// A piece; with a mark it reports when it is consumed.
    pub(crate) fn new(bytes: Bytes, mark: Option<&Arc<Mark>>) -> Self {
        let empty = bytes.is_empty();
        if let Some(mark) = mark {
            mark.handed.fetch_add(bytes.len().max(1), Ordering::Release);
        }
        Self { bytes, mark: mark.cloned(), empty }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(mark) = &self.mark {
            mark.consumed.fetch_add(count, Ordering::Release);
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let (true, Some(mark)) = (self.empty, &self.mark) {
            mark.consumed.fetch_add(1, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_over_when_its_pieces_are_consumed_and_flushed() {
        let mark = Arc::new(Mark::default());
        let mut piece = Piece::new(Bytes::from_static(b"abc"), Some(&mark));
        let empty = Piece::new(Bytes::new(), Some(&mark));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        piece.advance(3);
        assert!(!mark.flushed(), "the empty piece is still there");
        drop(empty);
        assert!(mark.poll_left(&mut cx).is_pending(), "consumed, but not flushed");
        assert!(mark.flushed());
        assert!(mark.poll_left(&mut cx).is_ready());
    }
}
