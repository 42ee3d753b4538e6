//! A running server and clients for it.

use crate::exit::Failure;
use crate::seen::Seen;
use crate::telemetry::listeners;
use crate::telemetry::trace_headers;
use faultline_agent::client::{ClientSettings, HeaderSource, client};
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::admission::AdmissionKind;
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::{Book, Scenario, Speed};
use std::sync::Arc;
use std::time::Duration;

/// How long a run's last exchange may take to be over once its client has left.
const SETTLE: Duration = Duration::from_secs(2);

/// How long a client waits for the first byte of an answer where a connection may never give one: longer than a slow
/// accept takes, and than the agent waits for an event.
const SILENCE: Duration = Duration::from_secs(4);

/// A server that plays a book, and what it saw.
pub(crate) struct Stage {
    server: MockBedrock,
    seen: Seen,
    speed: Speed,
    tls: bool,
    read_timeout: Option<Duration>,
}

impl Stage {
    /// Starts the server.
    ///
    /// # Errors
    /// When it cannot start.
    pub(crate) async fn start(book: Book) -> Result<Self, Failure> {
        Self::with(book, Options::default()).await
    }

    /// Starts a server for one scenario that is about connections. They are counted from the start, so each run of the
    /// scenario needs another.
    ///
    /// # Errors
    /// When it cannot start.
    pub(crate) async fn alone(&self, scenario: &Arc<Scenario>) -> Result<Self, Failure> {
        let book = Book { scenarios: vec![scenario.clone()], speed: self.speed, ..Book::default() };
        let admission = scenario.file.admission.clone();
        let tls = admission.iter().any(|admission| admission.kind == AdmissionKind::UnknownCa);
        let alone = Self::with(book, Options { admission, tls, ..Options::default() }).await?;
        Ok(Self { read_timeout: Some(SILENCE), ..alone })
    }

    async fn with(book: Book, options: Options) -> Result<Self, Failure> {
        let (seen, speed, tls) = (Seen::default(), book.speed, options.tls);
        let options = Options { listeners: listeners(vec![seen.listener()]), ..options };
        let server = MockBedrock::start(options, Arc::new(Scripted::new(book))).await?.unverified();
        Ok(Self { server, seen, speed, tls, read_timeout: None })
    }

    /// An SDK client whose every request belongs to `session`.
    ///
    /// # Errors
    /// When no client can be made.
    pub(crate) fn client(&self, session: &str) -> Result<aws_sdk_bedrockruntime::Client, Failure> {
        let url = if self.tls { self.server.https_url() } else { self.server.url() };
        let settings = ClientSettings {
            endpoint_url: Some(format!("{url}/s/{}", encoded(session))),
            ca_bundle_pem: self.server.ca_pem().map(<[u8]>::to_vec),
            read_timeout: self.read_timeout,
            headers: Some(HeaderSource::new(trace_headers)),
            ..ClientSettings::default()
        };
        client(&settings).map_err(Failure::own)
    }

    /// Whether something was done to a connection.
    pub(crate) fn has_hindered(&self) -> bool {
        !self.server.connections().is_empty()
    }

    /// What the server saw of a session, in the order of the requests. A client that has just left a stream is noticed a
    /// moment later: that moment is waited for.
    pub(crate) async fn exchanges(&self, session: &str) -> Vec<Arc<Exchange>> {
        // Other runs may keep the server busy; what is missing after this time is not coming.
        let _ = tokio::time::timeout(SETTLE, self.server.idle()).await;
        self.seen.of_session(session)
    }

    /// Stops the server; streams that are under way end.
    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

/// A session name as part of a URL path.
fn encoded(session: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.@".contains(&byte);
    session
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
