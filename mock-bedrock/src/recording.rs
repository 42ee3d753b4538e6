//! One exchange while it runs. Whatever happens to it, it ends in the journal, once.
//!
//! Dropping an unfinished recording says that the client left, or that the server stopped.

use crate::grown::Grown;
use crate::house::House;
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::plan::{Act, Action, Ending, Plan};
use faultline_scenarios::timeline::Outcome;
use faultline_wire::Header;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// An exchange in progress.
pub(crate) struct Recording {
    /// Ours alone until it is finished, so it can be changed in place.
    exchange: Option<Arc<Exchange>>,
    plan: Arc<Plan>,
    start: Instant,
    house: Arc<House>,
    /// What has come of an answer that comes action by action.
    grown: Option<Box<Grown>>,
}

impl Recording {
    /// Begins: the request was understood at `start` and its answer is decided.
    pub(crate) fn new(exchange: Exchange, start: Instant, house: Arc<House>) -> Self {
        house.begin();
        let plan = Arc::clone(&exchange.timeline.plan);
        Self { plan, exchange: Some(Arc::new(exchange)), start, house, grown: None }
    }

    /// The same for an answer whose plan becomes known as it comes.
    pub(crate) fn growing(exchange: Exchange, start: Instant, house: Arc<House>, bare: bool) -> Self {
        let mut recording = Self::new(exchange, start, house);
        recording.grown = Some(Box::new(Grown::new(bare)));
        recording
    }

    /// An action has come, and is handed over just now.
    pub(crate) fn grow(&mut self, action: Action) {
        let at = self.start.elapsed();
        if let Some(grown) = &mut self.grown {
            grown.push(action, at);
        }
    }

    /// What should happen.
    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The moment that the plan's times count from.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// The id that the answer carries.
    pub(crate) fn request_id(&self) -> &str {
        self.exchange.as_ref().map_or("", |exchange| &exchange.request_id)
    }

    /// Whether the connection is HTTP/2.
    pub(crate) fn is_http2(&self) -> bool {
        self.exchange.as_ref().is_some_and(|exchange| exchange.protocol == crate::protocol::HTTP_2)
    }

    /// The regular end of an answer that came bit by bit, and its trailers.
    pub(crate) fn close(&mut self, at: Duration, trailers: &[Header]) {
        self.grow(Action::new(at, Act::End(Ending::Complete)));
        if let Some(grown) = &mut self.grown {
            grown.trailers(trailers);
        }
        self.finish(Outcome::Played);
    }

    /// Notes that the next `count` actions were handed over just now.
    pub(crate) fn did(&mut self, count: usize) {
        let at = self.start.elapsed();
        if let Some(exchange) = self.exchange.as_mut().and_then(Arc::get_mut) {
            exchange.timeline.done.push(count, at);
        }
    }

    /// The end: into the journal. Later calls do nothing.
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        let ended = self.start.elapsed();
        let Some(mut shared) = self.exchange.take() else { return };
        if let Some(exchange) = Arc::get_mut(&mut shared) {
            if let Some(grown) = self.grown.take() {
                (exchange.timeline.plan, exchange.timeline.done) = grown.finish();
            }
            exchange.timeline.outcome = outcome;
            exchange.timeline.ended = ended;
        }
        self.house.record(shared);
    }

    /// The planned ending was carried out: its action is done and all went as planned.
    pub(crate) fn play_end(&mut self) {
        self.did(1);
        self.finish(Outcome::Played);
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let outcome = if self.house.is_stopping() { Outcome::ServerStopped } else { Outcome::ClientLeft };
        self.finish(outcome);
    }
}
