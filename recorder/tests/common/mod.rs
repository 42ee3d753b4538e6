//! What the tests of the recorder share: an upstream behind TLS that checks signatures, a recorder in front of it, folders
//! that go away, and a client that hides nothing.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of this module")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

pub mod client;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use faultline_mock_bedrock::auth::{Key, SigV4};
use faultline_mock_bedrock::{MockBedrock, Options, Responder, Scripted};
use faultline_recorder::redact::Redactor;
use faultline_recorder::store::{self, Store, StoreError};
use faultline_recorder::upstream::{self, Auth, Upstream};
use faultline_recorder::{Mode, Recorder, Settings};
use faultline_scenarios::file::Provenance;
use faultline_scenarios::{Book, Scenario, Speed};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// The key that the upstream knows, and the client does not.
pub const ID: &str = "AKIDUPSTREAM00000000";
pub const SECRET: &str = "the-upstream-knows-this";
pub const TOKEN: &str = "and-this-session-token";
pub const REGION: &str = "eu-west-3";

/// A folder of its own for each test; it goes away with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Every file below it, with its text.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let mut all = Vec::new();
        collect(&self.0, &mut all);
        all.sort();
        all
    }
}

fn collect(folder: &Path, all: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => collect(&path, all),
            path => all.push((path.clone(), std::fs::read_to_string(path).unwrap())),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that plays a book at full speed, without validation.
pub async fn serve(scenarios: Vec<Scenario>, speed: Speed) -> MockBedrock {
    let book = Book { speed, ..Book::new(scenarios) };
    start(Options::default(), Arc::new(Scripted::new(book).lenient())).await
}

/// The same behind TLS, for signed requests alone.
pub async fn upstream(scenarios: Vec<Scenario>, speed: Speed) -> MockBedrock {
    let book = Book { speed, ..Book::new(scenarios) };
    guarded(Arc::new(Scripted::new(book).lenient())).await
}

/// A brain behind TLS, for signed requests alone.
pub async fn guarded(brain: Arc<dyn Responder>) -> MockBedrock {
    let key = Key { id: ID.into(), secret: SECRET.into(), token: Some(TOKEN.into()) };
    let auth = SigV4::new(vec![key], Arc::new(SystemTime::now));
    start(Options { tls: true, auth: Some(auth), ..Options::default() }, brain).await
}

pub async fn start(options: Options, brain: Arc<dyn Responder>) -> MockBedrock {
    MockBedrock::start(options, brain).await.unwrap().unverified()
}

/// Keys that the upstream takes.
pub fn keys() -> Auth {
    let keys = Credentials::new(ID, SECRET, Some(TOKEN.into()), None, "test");
    Auth::SigV4 { credentials: SharedCredentialsProvider::new(keys), region: REGION.into() }
}

/// A way to an upstream of ours.
pub fn to(server: &MockBedrock, auth: Auth) -> Arc<Upstream> {
    let (url, ca_pem) = match server.ca_pem() {
        Some(ca) => (server.https_url(), Some(ca.to_vec())),
        None => (server.url(), None),
    };
    to_url(&url, ca_pem, auth)
}

pub fn to_url(url: &str, ca_pem: Option<Vec<u8>>, auth: Auth) -> Arc<Upstream> {
    let settings = upstream::Settings { url: url.into(), auth, ca_pem, clock: Arc::new(SystemTime::now) };
    Arc::new(Upstream::new(settings).unwrap())
}

/// A recorder in front of an upstream, and what it was told of its files.
pub struct Bench {
    pub recorder: Arc<Recorder>,
    pub server: MockBedrock,
    pub told: Arc<Mutex<Vec<Result<PathBuf, String>>>>,
}

pub async fn record(mode: Mode, folder: &Path, upstream: Option<Arc<Upstream>>) -> Bench {
    record_with(mode, folder, upstream, Arc::default(), Speed::Max).await
}

pub async fn record_with(
    mode: Mode,
    folder: &Path,
    upstream: Option<Arc<Upstream>>,
    redactor: Arc<Redactor>,
    speed: Speed,
) -> Bench {
    let told: Arc<Mutex<Vec<_>>> = Arc::default();
    let notes = told.clone();
    let note = move |what: &Result<PathBuf, StoreError>| {
        notes.lock().unwrap().push(what.as_ref().map_err(ToString::to_string).cloned());
    };
    let store = mode.writes().then(|| Arc::new(Store::open(folder, Arc::new(note)).unwrap()));
    let (scenarios, wrong) = store::cassettes(folder);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let files = store::files(folder, &scenarios);
    let book = Book { speed, ..Book::new(scenarios) };
    let from = Provenance {
        region: Some(REGION.into()),
        by: Some("faultline test".into()),
        ..Provenance::default()
    };
    let clock: upstream::Clock = Arc::new(SystemTime::now);
    let settings = Settings { mode, book, files, upstream, store, redactor, from, clock };
    let recorder = Arc::new(Recorder::new(settings).unwrap());
    let server = start(Options::default(), recorder.clone()).await;
    Bench { recorder, server, told }
}

/// A test fails instead of waiting for ever.
pub async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    let limit = std::time::Duration::from_secs(20);
    tokio::time::timeout(limit, future).await.unwrap_or_else(|_| panic!("{what} did not come"))
}
