//! When a connection that is to be closed between answers is idle: an answer is complete and none is under way.
//!
//! Over HTTP/2 only the frames that left say so, since a finished body may still wait for the client's window. Over
//! HTTP/1.1 a finished body is in the buffer that the next completed flush empties.

use crate::control::Control;
use crate::frames::{DATA, END_STREAM, FrameHead, HEADERS, RST_STREAM, Scanner};
use std::collections::BTreeSet;
use std::io::IoSlice;

/// Watches both directions of one connection.
pub(crate) struct Idle {
    sent: Scanner,
    open: BTreeSet<u32>,
    /// Whether a stream of the server's has ended.
    ended: bool,
}

impl Idle {
    /// A connection that has just begun.
    pub(crate) fn new() -> Self {
        Self { sent: Scanner::after_preface(), open: BTreeSet::new(), ended: false }
    }

    /// A frame came from the client.
    pub(crate) fn received(&mut self, frame: FrameHead) {
        match frame.kind {
            HEADERS => drop(self.open.insert(frame.stream)),
            RST_STREAM => drop(self.open.remove(&frame.stream)),
            _ => {}
        }
    }

    /// The first `count` bytes of `bufs` went to the client, over HTTP/2.
    pub(crate) fn sent(&mut self, bufs: &[IoSlice<'_>], mut count: usize) {
        let Self { sent, open, ended } = self;
        for buf in bufs {
            let written = &buf[..count.min(buf.len())];
            count -= written.len();
            sent.feed(written, |frame| {
                let ends = matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0;
                if ends || frame.kind == RST_STREAM {
                    open.remove(&frame.stream);
                    *ended |= ends;
                }
            });
        }
    }

    /// Whether the connection is idle, asked at a completed flush.
    pub(crate) fn is_idle(&self, http2: bool, control: &Control) -> bool {
        control.is_answered() && (!http2 || (self.ended && self.open.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u8) -> [u8; 9] {
        [0, 0, 0, kind, flags, 0, 0, 0, stream]
    }

    #[test]
    fn a_connection_is_idle_when_every_open_stream_has_ended() {
        let control = Control::counting();
        let mut idle = Idle::new();
        for stream in [1, 3, 5] {
            idle.received(FrameHead { kind: HEADERS, flags: 4, stream });
        }
        control.answer_begins();
        control.answer_ends();
        let mut after = |kind, flags, stream| {
            let bytes = frame(kind, flags, stream);
            // In two parts, of which the second is only half written at first.
            idle.sent(&[IoSlice::new(&bytes[..3]), IoSlice::new(&bytes[3..])], 6);
            idle.sent(&[IoSlice::new(&bytes[6..])], 3);
            idle.is_idle(true, &control)
        };
        assert!(!after(RST_STREAM, 0, 1), "two are open");
        assert!(!after(DATA, 0, 3), "no end of a stream");
        assert!(!after(DATA, END_STREAM, 3), "one is open");
        assert!(!after(4, 1, 0), "an acknowledgement has the same flag");
        assert!(after(HEADERS, END_STREAM | 4, 5));
    }

    #[test]
    fn over_http1_the_answers_say_so() {
        let control = Control::counting();
        let idle = Idle::new();
        assert!(!idle.is_idle(false, &control), "nothing was answered");
        control.answer_begins();
        assert!(!idle.is_idle(false, &control));
        control.answer_ends();
        assert!(idle.is_idle(false, &control));
    }
}
