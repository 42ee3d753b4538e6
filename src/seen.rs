//! Every exchange that servers have finished, also those that end while a server stops.

use faultline_mock_bedrock::Listener;
use faultline_scenarios::exchange::Exchange;
use std::sync::{Arc, Mutex, PoisonError};

/// What was seen. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Arc<Exchange>>>>);

impl Seen {
    /// What a server calls with each finished exchange.
    pub(crate) fn listener(&self) -> Listener {
        let seen = self.clone();
        Arc::new(move |exchange| seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.clone()))
    }

    /// All so far, in the order of the requests.
    pub(crate) fn all(&self) -> Vec<Arc<Exchange>> {
        let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        exchanges.sort_by_key(|exchange| exchange.id);
        exchanges
    }

    /// Those of one session, in the order of the requests.
    pub(crate) fn of_session(&self, session: &str) -> Vec<Arc<Exchange>> {
        let mut exchanges = self.all();
        exchanges.retain(|exchange| *exchange.session == *session);
        exchanges
    }

    /// Forgets everything so far.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
