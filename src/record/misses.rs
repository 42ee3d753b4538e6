//! The requests that no cassette was for. All are counted, the first few kept.

use faultline_mock_bedrock::Listener;
use faultline_scenarios::exchange::Verdict;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many are told in full.
const TOLD: usize = 10;

/// What was missed. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Misses(Arc<Mutex<(usize, Vec<String>)>>);

impl Misses {
    /// What a server calls with each finished exchange.
    pub(crate) fn listener(&self) -> Listener {
        let misses = self.clone();
        Arc::new(move |exchange| {
            if let Verdict::Unmatched { why } = &exchange.decision.verdict {
                misses.add(&exchange.session, why);
            }
        })
    }

    fn add(&self, session: &str, why: &str) {
        let mut inner = self.inner();
        inner.0 += 1;
        if inner.1.len() < TOLD {
            let of = if session.is_empty() { String::new() } else { format!("test `{session}`: ") };
            inner.1.push(format!("{of}{why}"));
        }
    }

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.inner().0
    }

    /// A line each; the last one says how many more there were.
    pub(crate) fn lines(&self) -> Vec<String> {
        let inner = self.inner();
        let mut lines: Vec<String> = inner.1.iter().map(|why| format!("no cassette: {why}")).collect();
        let more = inner.0 - inner.1.len();
        if more > 0 {
            lines.push(format!("and {more} more requests that no cassette is for"));
        }
        lines
    }

    fn inner(&self) -> MutexGuard<'_, (usize, Vec<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
