//! Which request of a run has come: a brain that counts before it answers, and whoever waits for a number.

use faultline_mock_bedrock::{Arrival, Reply, Responder};
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::interrupt::Interrupt;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;

/// How many requests have come. Copies count together.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals(Arc<watch::Sender<u64>>);

impl Default for Arrivals {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Arrivals {
    /// The same brain, with its requests counted here.
    pub(crate) fn counting(&self, brain: Arc<dyn Responder>) -> Arc<dyn Responder> {
        Arc::new(Counting { brain, arrivals: self.clone() })
    }

    /// One more has come.
    fn came(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// Waits for the moment of an interruption; for ever where there is none.
    pub(crate) async fn due(&self, interrupt: Option<Interrupt>) {
        let Some(interrupt) = interrupt else { return std::future::pending().await };
        // It cannot fail: we hold the sender.
        let _ = self.0.subscribe().wait_for(|count| *count >= interrupt.call).await;
        tokio::time::sleep(interrupt.after.0).await;
    }
}

/// Counts before it answers.
struct Counting {
    brain: Arc<dyn Responder>,
    arrivals: Arrivals,
}

impl Responder for Counting {
    fn respond(&self, arrival: Arrival) -> Reply {
        self.arrivals.came();
        self.brain.respond(arrival)
    }

    fn reset(&self, session: Option<&str>) {
        self.brain.reset(session);
    }

    fn scenarios(&self) -> Value {
        self.brain.scenarios()
    }

    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value {
        self.brain.verify(exchanges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::span::Span;
    use std::time::Duration;

    #[tokio::test]
    async fn the_moment_comes_with_the_request_that_was_named() {
        let arrivals = Arrivals::default();
        let interrupt = Interrupt { call: 2, after: Span(Duration::ZERO), resume: false };
        let is_due = || async {
            tokio::time::timeout(Duration::from_millis(20), arrivals.due(Some(interrupt))).await.is_ok()
        };
        arrivals.came();
        assert!(!is_due().await);
        arrivals.came();
        assert!(is_due().await);
        assert!(tokio::time::timeout(Duration::ZERO, arrivals.due(None)).await.is_err());
    }
}
