//! The server under judgement: one for all cases, a session a case and client.
//!
//! It knows no client and no expectation.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use faultline_mock_bedrock::auth::{Key, SigV4};
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::Book;
use faultline_scenarios::exchange::Exchange;
use tokio::runtime::Runtime;

use crate::case::{self, Case};
use crate::library;

/// How soon after the end of a call the server must have noticed: the bound for a client that leaves.
pub(crate) const NOTICED: Duration = Duration::from_secs(1);

/// The keys that the drivers sign with: id and secret.
const KEYS: [(&str, &str); 2] = [("test", "test"), ("AKIDEXAMPLE", "not-a-secret")];

/// Everything that the clients share.
pub(crate) struct Bench {
    /// The cases, all of whose scenarios the server plays.
    pub(crate) cases: Vec<Case>,
    /// Where the server and the Rust SDK run.
    pub(crate) runtime: Runtime,
    /// Taken for writing by a case that measures time: nobody else works then.
    pub(crate) quiet: RwLock<()>,
    /// The certificate that TLS clients must trust.
    pub(crate) ca: PathBuf,
    server: MockBedrock,
    ended: Arc<Ended>,
}

/// The exchanges that are over, by session.
#[derive(Default)]
struct Ended {
    sessions: Mutex<HashMap<Arc<str>, Vec<Arc<Exchange>>>>,
    news: Condvar,
}

/// The server, started at the first call.
///
/// # Panics
/// When a case or its scenario is wrong, with every problem, or when the server cannot start.
#[expect(clippy::panic, reason = "a test that cannot start must fail")]
pub(crate) fn bench() -> &'static Bench {
    static BENCH: OnceLock<Result<Bench, Vec<String>>> = OnceLock::new();
    BENCH.get_or_init(start).as_ref().unwrap_or_else(|problems| panic!("{}", problems.join("\n")))
}

fn start() -> Result<Bench, Vec<String>> {
    let (cases, scenarios): (Vec<Case>, Vec<_>) = case::all()?.into_iter().chain(library::all()?).unzip();
    let ended = Arc::new(Ended::default());
    let listener = Arc::clone(&ended);
    let ca =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("clients-ca-{}.pem", std::process::id()));
    let options = Options {
        tls: true,
        ca_path: Some(ca.clone()),
        auth: Some(keys(&cases)),
        listeners: vec![Arc::new(move |exchange| listener.push(exchange))],
        ..Options::default()
    };
    let runtime = Runtime::new().map_err(|error| vec![error.to_string()])?;
    let server = runtime.block_on(MockBedrock::start(options, Arc::new(Scripted::new(Book::new(scenarios)))));
    let server = server.map_err(|error| vec![error.to_string()])?.unverified();
    Ok(Bench { cases, runtime, quiet: RwLock::default(), ca, server, ended })
}

/// Who may ask: the keys that every driver signs with, and the API keys of the cases. So each call of each client proves that
/// its signature is checked as it was made.
fn keys(cases: &[Case]) -> SigV4 {
    let key = |(id, secret): (&str, &str)| Key { id: id.to_owned(), secret: secret.to_owned(), token: None };
    let bearers = cases.iter().filter_map(|case| case.settings.bearer.clone()).collect();
    SigV4::new(KEYS.map(key).to_vec(), Arc::new(SystemTime::now)).or_bearers(bearers)
}

impl Bench {
    /// The endpoint of a session.
    pub(crate) fn endpoint(&self, session: &str, tls: bool) -> String {
        let url = if tls { self.server.https_url() } else { self.server.url() };
        format!("{url}/s/{session}")
    }

    /// The exchanges of a session, once `count` of them are over or the time for noticing has passed.
    pub(crate) fn exchanges(&self, session: &str, count: usize) -> Vec<Arc<Exchange>> {
        let known = self.ended.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let fewer = |known: &mut HashMap<Arc<str>, Vec<Arc<Exchange>>>| {
            known.get(session).is_none_or(|exchanges| exchanges.len() < count)
        };
        let waited = self.ended.news.wait_timeout_while(known, NOTICED, fewer);
        let (mut known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        known.remove(session).unwrap_or_default()
    }
}

impl Ended {
    fn push(&self, exchange: &Arc<Exchange>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.entry(Arc::clone(&exchange.session)).or_default().push(Arc::clone(exchange));
        self.news.notify_all();
    }
}
