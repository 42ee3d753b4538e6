//! Were the expectations of the played scenarios met? Pure, over the exchanges of a server.

use crate::book::Book;
use crate::exchange::{Exchange, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An expectation that was not met, or a request that nobody expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The session; empty for the default one.
    pub session: Arc<str>,
    /// The scenario; empty for unmatched requests.
    pub scenario: Arc<str>,
    /// What was wrong, in a sentence.
    pub what: String,
}

/// Everything that was not as expected, in the order of sessions and scenarios. Scenarios that no request
/// reached are not judged.
pub fn verify(book: &Book, exchanges: &[Arc<Exchange>]) -> Vec<Unmet> {
    let mut unmet: Vec<Unmet> = exchanges.iter().filter_map(|exchange| unmatched(exchange)).collect();
    for ((session, scenario), calls) in calls(exchanges) {
        let expected = book.named(&scenario).and_then(|found| found.file.expect.as_ref()?.calls);
        if let Some(expected) = expected.filter(|expected| *expected != calls) {
            unmet.push(Unmet {
                session,
                scenario,
                what: format!("{calls} requests arrived, {expected} were expected"),
            });
        }
    }
    unmet
}

fn unmatched(exchange: &Exchange) -> Option<Unmet> {
    let Verdict::Unmatched { why } = &exchange.decision.verdict else { return None };
    let what = format!(
        "request {} ({} {}) was unmatched: {why}",
        exchange.id,
        exchange.call.operation.name(),
        exchange.call.model_id
    );
    Some(Unmet { session: exchange.session.clone(), scenario: "".into(), what })
}

fn calls(exchanges: &[Arc<Exchange>]) -> BTreeMap<(Arc<str>, Arc<str>), u64> {
    let mut calls = BTreeMap::new();
    for exchange in exchanges {
        if let Verdict::Scripted { scenario, .. } = &exchange.decision.verdict {
            *calls.entry((exchange.session.clone(), scenario.clone())).or_insert(0) += 1;
        }
    }
    calls
}
