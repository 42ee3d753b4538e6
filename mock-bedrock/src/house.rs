//! What all connections of one server share: the responder, the journal, counters and settings.

use crate::auth::SigV4;
use crate::cassettes::Cassettes;
use crate::gate::Gate;
use crate::journal::Journal;
use crate::request_id::request_id;
use crate::responder::Responder;
use faultline_scenarios::exchange::Exchange;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The shared state of one server.
pub(crate) struct House {
    /// The brain.
    pub(crate) responder: Arc<dyn Responder>,
    /// The recordings that answer in the responder's place.
    pub(crate) cassettes: Cassettes,
    /// What happened.
    pub(crate) journal: Journal,
    /// What goes wrong with connections, and what did.
    pub(crate) gate: Gate,
    /// When the server started.
    pub(crate) began: Instant,
    /// The longest request body in bytes.
    pub(crate) body_limit: usize,
    /// The name of the default session, shared.
    pub(crate) default_session: Arc<str>,
    /// What an admin request must show in `x-faultline-token`, if anything.
    pub(crate) admin_token: Option<String>,
    /// Who may ask.
    pub(crate) auth: Option<SigV4>,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    seed: u64,
    numbers: AtomicU64,
    running: AtomicUsize,
    idle: Notify,
    stopping: AtomicBool,
}

impl House {
    /// A new server's state.
    pub(crate) fn new(
        responder: Arc<dyn Responder>,
        journal: Journal,
        settings: &crate::options::Options,
    ) -> Self {
        let began = Instant::now();
        Self {
            responder,
            cassettes: Cassettes::new(settings.cassettes.clone()),
            journal,
            gate: Gate::new(settings.admission.clone(), settings.journal, began),
            began,
            body_limit: settings.body_limit,
            default_session: Arc::from(""),
            admin_token: settings.admin_token.clone(),
            auth: settings.auth.clone(),
            tls: settings.tls,
            seed: settings.seed,
            numbers: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            idle: Notify::new(),
            stopping: AtomicBool::new(false),
        }
    }

    /// The number of a new exchange, from 1, and its request id.
    pub(crate) fn next(&self) -> (u64, String) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        (number, request_id(self.seed, number))
    }

    /// Forgets a session, or everything: what the responder knows of it, what the journal holds, and, with everything,
    /// what went wrong with connections.
    pub(crate) fn reset(&self, session: Option<&str>) {
        self.responder.reset(session);
        self.cassettes.forget(session);
        self.journal.forget(session);
        if session.is_none() {
            self.gate.reset();
        }
    }

    /// An exchange begins.
    pub(crate) fn begin(&self) {
        self.running.fetch_add(1, Ordering::AcqRel);
    }

    /// An exchange is over.
    pub(crate) fn record(&self, exchange: Arc<Exchange>) {
        self.journal.push(exchange);
        if self.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.idle.notify_waiters();
        }
    }

    /// How many exchanges run.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Waits until no exchange runs.
    pub(crate) async fn until_idle(&self) {
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            idle.as_mut().enable();
            if self.running.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }

    /// From now on, what breaks off was broken off by us.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// From now on, what breaks off was broken off by a client again.
    pub(crate) fn go_on(&self) {
        self.stopping.store(false, Ordering::Release);
    }

    /// Whether the server is breaking things off.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
