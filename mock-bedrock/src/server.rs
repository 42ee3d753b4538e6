//! The server: bind, accept, stop. `MockBedrock` is its handle, for tests and for the command line.

use crate::cassettes::Cassette;
use crate::connection::{Door, Guest, http, stopped};
use crate::gate::ConnectionEvent;
use crate::house::House;
use crate::inject::{InjectError, need_tls};
use crate::journal::Journal;
use crate::listener::{StartError, bind};
use crate::options::Options;
use crate::report;
use crate::responder::Responder;
use crate::tls::Identity;
use crate::writer;
use faultline_scenarios::exchange::Exchange;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How long a stop waits for broken-off exchanges to reach the journal.
const SETTLE: Duration = Duration::from_secs(1);

/// How long to wait after a failed accept: usually there are no file descriptors left, for a while.
const BREATH: Duration = Duration::from_millis(20);

/// A running server.
///
/// Dropping it stops it at once and verifies: when the responder finds problems, or a request was for no
/// operation, **drop panics** and says why, unless the thread panics already or [`MockBedrock::unverified`]
/// was called.
pub struct MockBedrock {
    house: Arc<House>,
    address: SocketAddr,
    ca_pem: Option<String>,
    stop: watch::Sender<bool>,
    cut: mpsc::Sender<oneshot::Sender<()>>,
    accepting: JoinHandle<()>,
    grace: Duration,
    verified: bool,
}

impl MockBedrock {
    /// Starts a server. When this returns, the port is open: nobody needs to wait or to poll.
    ///
    /// # Errors
    /// When the port is taken, the address is not loopback (and `public` is not set), listening fails
    /// otherwise, the CA cannot be made or written, or an admission needs TLS and there is none.
    pub async fn start(options: Options, responder: Arc<dyn Responder>) -> Result<Self, StartError> {
        if need_tls(&options.admission) && !options.tls {
            return Err(StartError::NeedsTls);
        }
        let listener = bind(&options)?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: options.address, source })?;
        let identity = identity(&options)?;
        let journal = Journal::new(options.journal, options.listeners.clone());
        let house = Arc::new(House::new(responder, journal, &options));
        let (stop, stopped) = watch::channel(false);
        let (tls, ca_pem) = identity.map(|identity| (identity.acceptor, identity.ca_pem)).unzip();
        let http = Arc::new(http(None, None));
        let door = Door { house: Arc::clone(&house), http, tls, stop: stopped, guest: None };
        let (cut, cuts) = mpsc::channel(1);
        let accepting = tokio::spawn(accept(listener, door, options.grace, cuts));
        Ok(Self { house, address, ca_pem, stop, cut, accepting, grace: options.grace, verified: true })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint: HTTP/1.1 and HTTP/2 with prior knowledge.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same port as a TLS endpoint. It needs `tls` in the options.
    pub fn https_url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The certificate that TLS clients must trust; none without TLS.
    pub fn ca_pem(&self) -> Option<&[u8]> {
        self.ca_pem.as_deref().map(str::as_bytes)
    }

    /// The finished exchanges that the journal holds, in the order of their ends.
    pub fn exchanges(&self) -> Vec<Arc<Exchange>> {
        self.house.journal.exchanges(None)
    }

    /// The requests that were for no operation of Bedrock Runtime, as `METHOD path`.
    pub fn unknown_requests(&self) -> Vec<String> {
        self.house.journal.strays()
    }

    /// What was done to connections by admissions, in order.
    pub fn connections(&self) -> Vec<ConnectionEvent> {
        self.house.gate.events()
    }

    /// How many connections there were so far, those of the admin API included.
    pub fn connection_count(&self) -> u64 {
        self.house.gate.connections()
    }

    /// Adds faults while the server runs, to one session (the default one is called `""`) or to all; how many. `text`
    /// is one fault or a list, as in a file, YAML or JSON. They count requests from now on and strike after the
    /// scenario's own.
    ///
    /// # Errors
    /// Every problem of the text; or the responder takes no faults.
    pub fn inject(&self, session: Option<&str>, text: &str) -> Result<usize, InjectError> {
        self.house.inject(session, text)
    }

    /// Forgets the faults that were added to one session, or all that were added; how many.
    pub fn forget_injected(&self, session: Option<&str>) -> usize {
        self.house.responder.forget_injected(session)
    }

    /// Adds admissions while the server runs; how many. `text` is one admission or a list, as in a file, YAML or JSON.
    /// They count connections from now on; connections that are there already are left alone.
    ///
    /// # Errors
    /// Every problem of the text; or one needs TLS and there is none.
    pub fn admit(&self, text: &str) -> Result<usize, InjectError> {
        self.house.admit(text)
    }

    /// Forgets the admissions that were added since the start; how many. Those of the options stay.
    pub fn forget_admitted(&self) -> usize {
        self.house.gate.forget_added()
    }

    /// Gives a session a cassette, in the place of its last one: it answers before the responder does, each interaction
    /// once. A reset takes it away.
    pub fn insert_cassette(&self, session: &str, cassette: Cassette) {
        self.house.cassettes.insert(session, cassette);
    }

    /// Waits until `count` exchanges have ended since the start or the last full reset, and gives what the
    /// journal holds. There is no time limit: put one around it.
    pub async fn wait_for(&self, count: usize) -> Vec<Arc<Exchange>> {
        self.house.journal.wait_for(count as u64).await;
        self.exchanges()
    }

    /// Waits until no answer is under way, so that every exchange so far is in the journal. A stalled answer ends when
    /// its client has left; put a time limit around it.
    pub async fn idle(&self) {
        self.house.until_idle().await;
    }

    /// How many answers are under way.
    pub fn under_way(&self) -> usize {
        self.house.running()
    }

    /// Breaks off everything that is under way: every connection is closed as it stands, and the exchanges on it end as
    /// they do when a server stops. New connections are served.
    pub async fn cut_off(&self) {
        let (done, is_done) = oneshot::channel();
        // A server that has stopped has nothing under way.
        if self.cut.send(done).await.is_ok() {
            let _ = is_done.await;
        }
    }

    /// Forgets a session, or everything: in the responder and in the journal. With everything go the admissions that
    /// were added and what was done to connections; the admissions of the options count connections from now on.
    pub fn reset(&self, session: Option<&str>) {
        self.house.reset(session);
    }

    /// The verdict on what the journal holds: `{"passed": bool, "problems": ["…"]}`.
    pub fn verify(&self) -> Value {
        report::verdict(&self.house, None)
    }

    /// Drop will not verify.
    #[must_use]
    pub fn unverified(mut self) -> Self {
        self.verified = false;
        self
    }

    /// Stops: no new connections, running answers get the grace of the options, then they are broken off. At
    /// the end it verifies, as drop does.
    ///
    /// # Panics
    /// As drop does.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let limit = self.grace + SETTLE;
        let _ = writer::within(limit, &mut self.accepting).await;
        self.house.stop();
        self.accepting.abort();
        let _ = writer::within(SETTLE, self.house.until_idle()).await;
    }
}

fn identity(options: &Options) -> Result<Option<Identity>, StartError> {
    if !options.tls {
        return Ok(None);
    }
    let identity = Identity::new()?;
    if let Some(path) = &options.ca_path {
        std::fs::write(path, &identity.ca_pem)
            .map_err(|source| StartError::CaFile { path: path.clone(), source })?;
    }
    Ok(Some(identity))
}

/// Accepts until the server stops, then lets connections finish for `grace`.
async fn accept(
    listener: TcpListener,
    door: Door,
    grace: Duration,
    mut cuts: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut connections = JoinSet::new();
    let mut stop = door.stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => drop(match door.house.gate.arrived() {
                    (_, None) => connections.spawn(door.clone().serve(tcp)),
                    (number, Some(treatment)) => {
                        connections.spawn(door.clone().admit(tcp, Guest { number, treatment }))
                    }
                }),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    writer::pause(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
            Some(done) = cuts.recv() => {
                door.house.stop();
                connections.shutdown().await;
                door.house.go_on();
                // Who asked may have gone.
                let _ = done.send(());
            }
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = writer::within(grace, finished).await;
    door.house.stop();
    connections.shutdown().await;
}

impl Drop for MockBedrock {
    fn drop(&mut self) {
        self.house.stop();
        self.accepting.abort();
        if self.verified && !std::thread::panicking() {
            assert_passed(&self.verify());
        }
    }
}

#[expect(clippy::panic, reason = "a test double that found problems must fail the test that owns it")]
fn assert_passed(verdict: &Value) {
    if verdict["passed"] == false {
        let problems = verdict["problems"].as_array().cloned().unwrap_or_default();
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("\n  - {}", problem.as_str().unwrap_or_default()))
            .collect();
        panic!("the mock Bedrock found problems:{}", lines.concat());
    }
}
