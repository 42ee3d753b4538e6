//! A plan as a body: pulled by hyper, frame by frame.

use super::{Play, trailers};
use crate::barrier::{Mark, Piece};
use bytes::{Bytes, BytesMut};
use faultline_scenarios::plan::{Act, Action, Ending, Plan};
use h2::Reason;
use http_body::{Body, Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep};

/// The body of an answer.
pub(crate) struct PlanBody {
    play: Play,
    plan: Arc<Plan>,
    start: Instant,
    /// The next action.
    next: usize,
    state: State,
    sleep: Option<Pin<Box<Sleep>>>,
    /// There when an ending, or bytes that travel alone, must wait for what went before.
    mark: Option<Arc<Mark>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Handing over what is due.
    Playing,
    /// Waiting until what was handed over has left; then on.
    Gate { watched: bool },
    /// The same, and then this ending acts.
    Ending { ending: Ending, watched: bool },
    /// Nothing more will come, and no end either: the socket acts, or nobody does.
    Silent,
    /// The regular end, with trailers.
    Closing,
    /// Over.
    Over,
}

impl PlanBody {
    /// A body that goes on after its head.
    pub(super) fn new(play: Play, plan: Arc<Plan>, start: Instant) -> Self {
        let mark = tracked(&plan).then(Arc::default);
        let state = if is_apart(&plan, 1) { State::Gate { watched: false } } else { State::Playing };
        Self { play, plan, start, next: 1, state, sleep: None, mark }
    }

    fn at(&self, index: usize) -> Option<Instant> {
        self.plan.actions().get(index).map(|action| self.start + action.at)
    }

    /// Ready when the next action is due, with the present time.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        let now = Instant::now();
        let Some(due) = self.at(self.next) else { return Poll::Ready(now) };
        if due <= now {
            return Poll::Ready(now);
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if sleep.deadline() != due {
            sleep.as_mut().reset(due);
        }
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(Instant::now())
    }

    /// Ready when everything handed over has left.
    fn poll_left(&mut self, watched: bool, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mark) = &self.mark else { return Poll::Ready(()) };
        if !watched {
            self.play.control.watch(mark);
        }
        mark.poll_left(cx)
    }

    /// What is due at `now`, in one buffer; `None` when an ending was met instead.
    fn take_due(&mut self, now: Instant) -> Option<Bytes> {
        let from = self.next;
        let bytes = match self.plan.joined() {
            Some(joined) if from == 1 => {
                self.next = self.plan.actions().len() - 1;
                joined.clone()
            }
            _ => {
                self.next = last_due(self.plan.actions(), from, now - self.start);
                join(&self.plan.actions()[from..self.next])
            }
        };
        self.play.did(self.next - from);
        self.turn(now);
        (!bytes.is_empty()).then_some(bytes)
    }

    /// Decides what comes after the actions before `next`.
    fn turn(&mut self, now: Instant) {
        let due = self.at(self.next).is_none_or(|at| at <= now);
        match self.plan.actions().get(self.next).map(|action| &action.act) {
            Some(Act::End(ending)) if due => self.meet(*ending),
            None => self.state = State::Over,
            _ if is_apart(&self.plan, self.next) || is_apart(&self.plan, self.next - 1) => {
                self.state = State::Gate { watched: false };
            }
            _ => {}
        }
    }

    fn meet(&mut self, ending: Ending) {
        match ending {
            Ending::Complete => {
                self.play.play_end();
                let plain = self.plan.head().is_none_or(|head| head.trailers.is_empty());
                self.state = if plain { State::Over } else { State::Closing };
            }
            Ending::Stall => {
                self.play.did(1);
                self.state = State::Silent;
            }
            _ => self.state = State::Ending { ending, watched: false },
        }
    }

    /// Over HTTP/2 a head may still be queued when a stream is reset, and only data can be followed: an empty
    /// DATA frame makes sure that it has left.
    fn probe(&self) -> Option<Piece> {
        let mark = self.mark.as_ref().filter(|mark| self.play.http2 && mark.is_unused())?;
        Some(Piece::new(Bytes::new(), Some(mark)))
    }

    fn act(&mut self, ending: Ending) -> Option<h2::Error> {
        match ending {
            Ending::RstStream { code } if self.play.http2 => {
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

/// Whether bytes must be followed until they have left.
fn tracked(plan: &Plan) -> bool {
    let ends_well = matches!(plan.ending(), Ending::Complete | Ending::Stall);
    !ends_well || (plan.joined().is_none() && (0..plan.actions().len()).any(|index| is_apart(plan, index)))
}

fn is_apart(plan: &Plan, index: usize) -> bool {
    plan.actions().get(index).is_some_and(|action| matches!(action.act, Act::Data { apart: true, .. }))
}

/// The end of the run of data from `from` on that is due `elapsed` after the start and may share a buffer.
fn last_due(actions: &[Action], from: usize, elapsed: std::time::Duration) -> usize {
    let mut end = from;
    while let Some(action) = actions.get(end) {
        match action.act {
            Act::Data { apart: true, .. } if end == from => return end + 1,
            Act::Data { apart: false, .. } if action.at <= elapsed => end += 1,
            _ => break,
        }
    }
    end
}

fn join(actions: &[Action]) -> Bytes {
    match actions {
        [Action { act: Act::Data { bytes, .. }, .. }] => bytes.clone(),
        _ => {
            let mut joined = BytesMut::with_capacity(actions.iter().map(|action| action.bytes().len()).sum());
            actions.iter().for_each(|action| joined.extend_from_slice(action.bytes()));
            joined.freeze()
        }
    }
}

impl Drop for PlanBody {
    fn drop(&mut self) {
        if let Some(mark) = &self.mark {
            mark.abandon();
        }
    }
}

impl Body for PlanBody {
    type Data = Piece;
    type Error = h2::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, h2::Error>>> {
        let me = self.get_mut();
        loop {
            match me.state {
                State::Playing => {
                    let now = ready!(me.poll_due(cx));
                    if let Some(bytes) = me.take_due(now) {
                        let piece = Piece::new(bytes, me.mark.as_ref());
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
                State::Gate { watched } => {
                    me.state = State::Gate { watched: true };
                    ready!(me.poll_left(watched, cx));
                    me.state = State::Playing;
                }
                State::Ending { ending, watched } => {
                    if let Some(piece) = me.probe() {
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                    me.state = State::Ending { ending, watched: true };
                    ready!(me.poll_left(watched, cx));
                    if let Some(error) = me.act(ending) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Closing => {
                    me.state = State::Over;
                    let last = me.plan.head().map_or(&[][..], |head| &head.trailers);
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers(last)))));
                }
                State::Silent => return Poll::Pending,
                State::Over => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.state == State::Over
    }

    /// Known for whole unary answers, so that they get a content-length. A unary answer with another ending
    /// has none unless its plan states one: it must not look whole.
    fn size_hint(&self) -> SizeHint {
        let stated = self
            .plan
            .head()
            .is_some_and(|head| head.header("content-length").is_some() || !head.trailers.is_empty());
        let whole = self.plan.ending() == Ending::Complete && !self.plan.streams() && !stated;
        if whole { SizeHint::with_exact(self.plan.body_len() as u64) } else { SizeHint::default() }
    }
}
