//! A running server and clients for it.

use crate::exit::Failure;
use faultline_agent::client::{ClientSettings, client};
use faultline_mock_bedrock::{Listener, MockBedrock, Options, Scripted};
use faultline_scenarios::Book;
use faultline_scenarios::exchange::Exchange;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a run's last exchange may take to be over once its client has left.
const SETTLE: Duration = Duration::from_secs(2);

/// Exchanges by session.
type Kept = Arc<Mutex<HashMap<Arc<str>, Vec<Arc<Exchange>>>>>;

/// A server that plays a book, and what it saw.
pub(crate) struct Stage {
    server: MockBedrock,
    kept: Kept,
}

impl Stage {
    /// Starts the server.
    ///
    /// # Errors
    /// When it cannot start.
    pub(crate) async fn start(book: Book) -> Result<Self, Failure> {
        let kept = Kept::default();
        let options = Options { listeners: vec![keep(&kept)], ..Options::default() };
        let server = MockBedrock::start(options, Arc::new(Scripted::new(book))).await?.unverified();
        Ok(Self { server, kept })
    }

    /// An SDK client whose every request belongs to `session`.
    ///
    /// # Errors
    /// When no client can be made.
    pub(crate) fn client(&self, session: &str) -> Result<aws_sdk_bedrockruntime::Client, Failure> {
        let endpoint_url = Some(format!("{}/s/{}", self.server.url(), encoded(session)));
        client(&ClientSettings { endpoint_url, ..ClientSettings::default() }).map_err(Failure::own)
    }

    /// What the server saw of a session, in the order of the requests. A client that has just left a stream is noticed a
    /// moment later: that moment is waited for.
    pub(crate) async fn exchanges(&self, session: &str) -> Vec<Arc<Exchange>> {
        // Other runs may keep the server busy; what is missing after this time is not coming.
        let _ = tokio::time::timeout(SETTLE, self.server.idle()).await;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut exchanges = kept.get(session).cloned().unwrap_or_default();
        exchanges.sort_by_key(|exchange| exchange.id);
        exchanges
    }

    /// Stops the server; streams that are under way end.
    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

fn keep(kept: &Kept) -> Listener {
    let kept = kept.clone();
    Arc::new(move |exchange| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(exchange.session.clone()).or_default().push(exchange.clone());
    })
}

/// A session name as part of a URL path.
fn encoded(session: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.@".contains(&byte);
    session
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
