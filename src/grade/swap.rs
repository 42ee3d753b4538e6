//! A brain that becomes another one for each scenario: for a service that knows one server only.

use faultline_mock_bedrock::{Arrival, Reply, Responder, Scripted};
use faultline_scenarios::Book;
use faultline_scenarios::exchange::Exchange;
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};

/// Answers as the brain that was put in last.
pub(crate) struct Swap(RwLock<Arc<dyn Responder>>);

impl Swap {
    /// Answers as `brain` from now on.
    pub(crate) fn play(&self, brain: Arc<dyn Responder>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = brain;
    }

    fn now(&self) -> Arc<dyn Responder> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for Swap {
    /// Knows no scenario.
    fn default() -> Self {
        Self(RwLock::new(Arc::new(Scripted::new(Book::default()))))
    }
}

impl Responder for Swap {
    fn respond(&self, arrival: Arrival) -> Reply {
        self.now().respond(arrival)
    }

    fn reset(&self, session: Option<&str>) {
        self.now().reset(session);
    }

    fn scenarios(&self) -> Value {
        self.now().scenarios()
    }

    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value {
        self.now().verify(exchanges)
    }
}
