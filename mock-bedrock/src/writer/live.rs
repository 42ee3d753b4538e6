//! An answer that is still coming, as a body: what came together goes out together, at once.
//!
//! The last piece of a body whose length was told waits for the end: a client takes it for whole as soon as the last byte is
//! there, and by then the exchange must be in the journal.

use super::{Play, trailers};
use crate::barrier::{Mark, Piece};
use crate::responder::{Coming, Part};
use bytes::{Bytes, BytesMut};
use faultline_scenarios::plan::{Act, Action, Ending, Head};
use faultline_wire::Header;
use h2::Reason;
use http::HeaderMap;
use http_body::{Body, Frame};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// The body of such an answer.
pub(crate) struct LiveBody {
    play: Play,
    coming: Receiver<Coming>,
    /// The last piece of a body whose length was told.
    held: Option<(Duration, Vec<Part>)>,
    /// How many bytes are still to come, where that was told.
    left: Option<usize>,
    state: State,
    mark: Arc<Mark>,
}

enum State {
    Playing,
    /// Waiting until what was handed over has left; then this ending acts.
    Ending {
        at: Duration,
        ending: Ending,
        watched: bool,
    },
    /// The regular end, with its trailers.
    Closing(HeaderMap),
    /// Nothing more will come, and no end either: the socket acts, or nobody does.
    Silent,
    Over,
}

impl LiveBody {
    /// A body that goes on after its head.
    pub(super) fn new(play: Play, head: &Head, coming: Receiver<Coming>) -> Self {
        let left = head.header("content-length").and_then(|length| length.parse().ok());
        Self { play, coming, held: None, left, state: State::Playing, mark: Arc::default() }
    }

    /// What is next of the body; `None` when an end was met instead.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let next = ready!(self.coming.poll_recv(cx));
        let (before, next) = match next {
            Some(Coming::Data(at, parts)) if self.is_last(&parts) => (self.held.replace((at, parts)), None),
            Some(Coming::Data(at, parts)) => (Some((at, parts)), None),
            next => (self.held.take(), Some(next)),
        };
        let bytes = before.map(|(at, parts)| self.hand_over(at, parts));
        match next {
            None | Some(Some(Coming::Head(..) | Coming::Data(..))) => {}
            Some(None) => self.meet(Duration::ZERO, Ending::Cut, &[]),
            Some(Some(Coming::End(at, ending, last))) => self.meet(at, ending, &last),
        }
        Poll::Ready(bytes.filter(|bytes| !bytes.is_empty()))
    }

    /// Whether nothing may follow these parts.
    fn is_last(&mut self, parts: &[Part]) -> bool {
        let Some(left) = &mut self.left else { return false };
        *left = left.saturating_sub(parts.iter().map(|part| part.bytes.len()).sum());
        *left == 0
    }

    /// The parts in one buffer, noted as handed over.
    fn hand_over(&mut self, at: Duration, mut parts: Vec<Part>) -> Bytes {
        let joined = match parts.as_mut_slice() {
            [only] => only.bytes.clone(),
            parts => {
                let mut joined = BytesMut::with_capacity(parts.iter().map(|part| part.bytes.len()).sum());
                parts.iter().for_each(|part| joined.extend_from_slice(&part.bytes));
                joined.freeze()
            }
        };
        for Part { label, bytes } in parts {
            self.play.grow(Action::data(at, label, bytes));
        }
        joined
    }

    fn meet(&mut self, at: Duration, ending: Ending, last: &[Header]) {
        self.state = match ending {
            Ending::Complete => {
                self.play.close(at, last);
                State::Closing(trailers(last))
            }
            Ending::Stall => State::Silent,
            ending => State::Ending { at, ending, watched: false },
        };
    }

    /// Ready when everything handed over has left.
    fn poll_left(&mut self, watched: bool, cx: &mut Context<'_>) -> Poll<()> {
        if !watched {
            self.play.control.watch(&self.mark);
        }
        self.mark.poll_left(cx)
    }

    fn act(&mut self, at: Duration, ending: Ending) -> Option<h2::Error> {
        let ending = if self.play.http2 { ending } else { over_http1(ending) };
        self.play.grow(Action::new(at, Act::End(ending)));
        match ending {
            Ending::RstStream { code } => {
                self.play.play_end();
                self.state = State::Over;
                Some(Reason::from(code).into())
            }
            _ => {
                self.play.end_connection(ending);
                self.state = State::Silent;
                None
            }
        }
    }
}

/// HTTP/1.1 has neither RST_STREAM nor GOAWAY.
pub(super) fn over_http1(ending: Ending) -> Ending {
    if matches!(ending, Ending::RstStream { .. } | Ending::Goaway { .. }) { Ending::Cut } else { ending }
}

impl Drop for LiveBody {
    fn drop(&mut self) {
        self.mark.abandon();
    }
}

impl Body for LiveBody {
    type Data = Piece;
    type Error = h2::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, h2::Error>>> {
        let me = self.get_mut();
        loop {
            match &mut me.state {
                State::Playing => {
                    if let Some(bytes) = ready!(me.poll_piece(cx)) {
                        return Poll::Ready(Some(Ok(Frame::data(Piece::new(bytes, Some(&me.mark))))));
                    }
                }
                State::Ending { at, ending, watched } => {
                    let (at, ending, before) = (*at, *ending, std::mem::replace(watched, true));
                    if me.play.http2 && me.mark.is_unused() {
                        // Over HTTP/2 a head may still be queued when a stream is reset, and only data can be followed.
                        let probe = Piece::new(Bytes::new(), Some(&me.mark));
                        me.state = State::Ending { at, ending, watched: before };
                        return Poll::Ready(Some(Ok(Frame::data(probe))));
                    }
                    ready!(me.poll_left(before, cx));
                    if let Some(error) = me.act(at, ending) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Closing(trailers) => {
                    let trailers = std::mem::take(trailers);
                    me.state = State::Over;
                    if !trailers.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                    }
                }
                State::Silent => return Poll::Pending,
                State::Over => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Closing(trailers) => trailers.is_empty(),
            state => matches!(state, State::Over),
        }
    }
}
