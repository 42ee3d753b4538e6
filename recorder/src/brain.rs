//! The recorder as a brain of the server: cassettes answer, or the upstream does, and what it says is kept.
//!
//! It knows no flag and no environment; it hands work to `relay` and `store` and does none.

use crate::aside::Aside;
use crate::mode::{Mode, Way};
use crate::redact::Redactor;
use crate::relay::{Relay, WAITING, Went};
use crate::slot::Slot;
use crate::store::Store;
use crate::taking::Taking;
use crate::upstream::{Clock, Upstream};
use aws_smithy_types::date_time::{DateTime, Format};
use faultline_mock_bedrock::{Arrival, Live, RawRequest, Reply, Responder, Scripted};
use faultline_scenarios::exchange::{Decision, Exchange, Verdict};
use faultline_scenarios::file::{Fault, Provenance};
use faultline_scenarios::test_folder::test_folder;
use faultline_scenarios::{Book, Scenario};
use faultline_wire::Call;
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// Answers from cassettes and from an upstream.
pub struct Recorder {
    mode: Mode,
    cassettes: Scripted,
    /// The files of each cassette.
    files: HashMap<Slot, Vec<PathBuf>>,
    upstream: Option<Arc<Upstream>>,
    store: Option<Arc<Store>>,
    redactor: Arc<Redactor>,
    /// The same, for what is not written.
    looking: Redactor,
    from: Provenance,
    clock: Clock,
    counts: Arc<Counts>,
    /// How many exchanges with the upstream are under way.
    under_way: watch::Sender<usize>,
}

/// What a recorder works with.
pub struct Settings {
    /// What it does.
    pub mode: Mode,
    /// The cassettes that there are, and how they are played.
    pub book: Book,
    /// The files of cassettes that can be replaced.
    pub files: Vec<(Slot, PathBuf)>,
    /// Who is asked; needed by every mode that passes requests on.
    pub upstream: Option<Arc<Upstream>>,
    /// Where cassettes go; needed by every mode that writes.
    pub store: Option<Arc<Store>>,
    /// What takes secrets out of them.
    pub redactor: Arc<Redactor>,
    /// What cassettes say of where they come from; date and test are filled in.
    pub from: Provenance,
    /// Tells the date.
    pub clock: Clock,
}

/// How many requests went which way.
#[derive(Debug, Default)]
struct Counts {
    played: AtomicU64,
    kept: AtomicU64,
    passed: AtomicU64,
    unanswered: AtomicU64,
}

/// How many requests went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answered from cassettes, or told that there is none.
    pub played: u64,
    /// Answered by the upstream, and kept.
    pub kept: u64,
    /// Answered by the upstream, and not kept: nobody wanted it, or it could not be written.
    pub passed: u64,
    /// Not answered: the upstream could not be reached, broke off, or the client left before its answer.
    pub unanswered: u64,
}

/// Why there is no recorder.
#[derive(Debug, thiserror::Error)]
pub enum Lacking {
    /// A mode that passes requests on has nobody to pass them to.
    #[error("{0} needs an upstream")]
    Upstream(Mode),
    /// A mode that writes has no place to write to.
    #[error("{0} needs a folder")]
    Store(Mode),
}

impl Recorder {
    /// A recorder.
    ///
    /// # Errors
    /// When the mode needs what is not there.
    pub fn new(settings: Settings) -> Result<Self, Lacking> {
        let Settings { mode, book, files, upstream, store, redactor, from, clock } = settings;
        if mode.forwards() && upstream.is_none() {
            return Err(Lacking::Upstream(mode));
        }
        if mode.writes() && store.is_none() {
            return Err(Lacking::Store(mode));
        }
        let mut known: HashMap<Slot, Vec<PathBuf>> = HashMap::new();
        for (slot, path) in files {
            known.entry(slot).or_default().push(path);
        }
        let looking = redactor.uncounted();
        // A recorded refusal is an answer like any other: nothing is validated here.
        let cassettes = Scripted::new(book).lenient();
        let (counts, under_way) = (Arc::default(), watch::Sender::new(0));
        Ok(Self {
            mode,
            cassettes,
            files: known,
            upstream,
            store,
            redactor,
            looking,
            from,
            clock,
            counts,
            under_way,
        })
    }

    /// Waits until nothing is under way with the upstream: what clients have seen to its end is then in its place.
    pub async fn settled(&self) {
        // The sender is ours, so there is always one.
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    /// How many requests went which way so far.
    pub fn tally(&self) -> Tally {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { played, kept, passed, unanswered } = &*self.counts;
        Tally { played: read(played), kept: read(kept), passed: read(passed), unanswered: read(unanswered) }
    }

    /// Whether a cassette of this test is for the request. One of another test is not: it would be missing once this test
    /// has cassettes of its own.
    fn is_known(&self, session: &str, call: &Call) -> bool {
        let folder = test_folder(session);
        let own = |scenario: &Arc<Scenario>| {
            folder.is_empty()
                || scenario.name.strip_prefix(&*folder).is_some_and(|rest| rest.starts_with('/'))
        };
        self.cassettes.book().choose(session, call).is_ok_and(own)
    }

    fn forward(
        &self,
        upstream: &Arc<Upstream>,
        session: &str,
        call: &Call,
        raw: RawRequest,
        kept: bool,
    ) -> Reply {
        let began = Instant::now();
        let (to, coming) = mpsc::channel(WAITING);
        let store = self.store.as_ref().filter(|_| kept);
        let taking = store.map(|store| Aside::begin(self.take(store, session, call)));
        let relay = Relay { upstream: upstream.clone(), began, to, taking };
        let counts = self.counts.clone();
        let under_way = UnderWay::new(&self.under_way);
        tokio::spawn(async move {
            counts.count(relay.run(raw).await);
            drop(under_way);
        });
        let verdict = Verdict::Forwarded { kept };
        let decision = Decision { verdict, faults: Vec::new(), seed: 0, call: 0 };
        Reply::Live(Live { decision, coming, bare: true })
    }

    fn take(&self, store: &Arc<Store>, session: &str, call: &Call) -> Taking {
        let from = Provenance { date: Some(date(&self.clock)), ..self.from.clone() };
        Taking::begin(store, &self.redactor, &test_folder(session), call, &from, &self.files)
    }
}

/// One more exchange under way, as long as this lives.
struct UnderWay(watch::Sender<usize>);

impl UnderWay {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Counts {
    fn count(&self, went: Went) {
        let count = match went {
            Went::Kept => &self.kept,
            Went::Passed => &self.passed,
            Went::Unanswered => &self.unanswered,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// `2026-11-27`.
fn date(clock: &Clock) -> String {
    let text = DateTime::from(clock()).fmt(Format::DateTime).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}

impl Responder for Recorder {
    fn respond(&self, arrival: Arrival) -> Reply {
        let mut looked_at = None;
        let mut look = || looked_at.get_or_insert_with(|| Arc::new(self.looking.call(&arrival.call))).clone();
        let way = self.mode.way(|| self.is_known(&arrival.session, &look()));
        match (way, &self.upstream) {
            (Way::Forward { kept }, Some(upstream)) => {
                let Arrival { session, call, raw, .. } = arrival;
                self.forward(upstream, &session, &call, raw, kept)
            }
            _ => {
                self.counts.played.fetch_add(1, Ordering::Relaxed);
                let call = look();
                self.cassettes.respond(Arrival { call, ..arrival })
            }
        }
    }

    fn kept(&self, call: Arc<Call>) -> Arc<Call> {
        Arc::new(self.looking.call(&call))
    }

    fn takes_anything(&self) -> bool {
        true
    }

    fn reset(&self, session: Option<&str>) {
        self.cassettes.reset(session);
    }

    fn inject(&self, session: Option<&str>, fault: Fault, written: Value) -> bool {
        self.cassettes.inject(session, fault, written)
    }

    fn injected(&self, session: Option<&str>) -> Value {
        self.cassettes.injected(session)
    }

    fn forget_injected(&self, session: Option<&str>) -> usize {
        self.cassettes.forget_injected(session)
    }

    fn scenarios(&self) -> Value {
        self.cassettes.scenarios()
    }

    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value {
        self.cassettes.verify(exchanges)
    }
}
