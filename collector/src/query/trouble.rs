//! Throttles, retries and errors.
//!
//! One retry may be told twice, as the span of a request and as an event of the model call, and one refused request by both of its
//! sides. Within a trace the way of telling that counts more is believed, so that nothing counts twice.

use super::Window;
use super::span::{StoredSpan, each};
use crate::attribute::{number_of, text_of, whole_of};
use crate::store::StoreError;
use faultline_telemetry::own;
use faultline_telemetry::semconv::Version;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use rusqlite::{Connection, params};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// What went wrong in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Trouble {
    /// HTTP requests that were answered with 429.
    pub throttled_requests: u64,
    /// Model calls that ended with a throttling error.
    pub throttled_calls: u64,
    /// Requests that were sent once more.
    pub retries: u64,
    /// What was waited before those of them that told it, in seconds.
    pub waits: Vec<f64>,
    /// Spans that failed, by the class of their error; of one side alone where both of a request told it.
    pub errors: BTreeMap<String, u64>,
}

/// A walk through all spans that began then: there is no index for what goes wrong.
///
/// # Errors
/// When the store cannot be read.
pub fn trouble(store: &Connection, window: Window) -> Result<Trouble, StoreError> {
    let mut seen = Seen::default();
    let condition = format!("spans.started >= ? AND spans.started < ? AND {}", condition());
    each(store, &condition, params![window.from, window.until], |span| seen.count(&span))?;
    Ok(seen.trouble())
}

/// What cannot be trouble is not read: most spans say nothing of the kind.
pub(super) fn condition() -> String {
    let names = Version::default().names();
    let told = [names.http_status, names.http_resend_count, names.error_type]
        .map(|name| format!("OR instr(spans.attributes, '{name}') > 0"));
    format!("(status = 2 {} OR instr(events, '{}') > 0)", told.join(" "), own::RETRY_EVENT)
}

/// What was seen of one trace: by callers, and by who answered them.
#[derive(Clone, Debug, Default)]
struct InTrace {
    throttled_requests: [u64; 2],
    throttled_calls: [u64; 2],
    resent: u64,
    retried: u64,
    errors: BTreeMap<String, [u64; 2]>,
}

/// Trouble that is counted span by span, in any order.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    traces: HashMap<Vec<u8>, InTrace>,
    waits: Vec<f64>,
}

impl Seen {
    /// Counts a span, once.
    pub(super) fn count(&mut self, stored: &StoredSpan) {
        let names = Version::default().names();
        let (span, attributes) = (&stored.span, &stored.span.attributes);
        let class = text_of(attributes, names.error_type);
        let status = span.status.as_ref().filter(|status| status.code == 2);
        let said = status.map(|status| status.message.as_str()).filter(|message| !message.is_empty());
        let error = class.or(said).or(status.map(|_| "error"));
        let retries = span.events.iter().filter(|event| event.name == own::RETRY_EVENT);
        self.waits.extend(retries.clone().filter_map(|event| number_of(&event.attributes, own::RETRY_DELAY)));
        let side = usize::from(span.kind == SpanKind::Server as i32);
        let refused = whole_of(attributes, names.http_status) == Some(429);
        let throttled = class.is_some_and(|class| class.contains("Throttl"))
            && text_of(attributes, names.operation_name).is_some();
        let resent = whole_of(attributes, names.http_resend_count).is_some_and(|count| count > 0);
        let retried = retries.count() as u64;
        if refused || throttled || resent || retried > 0 || error.is_some() {
            let trace = self.traces.entry(span.trace_id.clone()).or_default();
            trace.throttled_requests[side] += u64::from(refused);
            trace.throttled_calls[side] += u64::from(throttled);
            trace.resent += u64::from(resent);
            trace.retried += retried;
            if let Some(error) = error {
                trace.errors.entry(error.to_owned()).or_default()[side] += 1;
            }
        }
    }

    /// What it comes to.
    pub(super) fn trouble(&self) -> Trouble {
        let sum = |of: fn(&InTrace) -> [u64; 2]| {
            self.traces.values().map(|trace| of(trace).into_iter().max().unwrap_or_default()).sum()
        };
        let mut errors: BTreeMap<String, u64> = BTreeMap::new();
        for (class, sides) in self.traces.values().flat_map(|trace| &trace.errors) {
            *errors.entry(class.clone()).or_default() += sides.iter().max().copied().unwrap_or_default();
        }
        Trouble {
            throttled_requests: sum(|trace| trace.throttled_requests),
            throttled_calls: sum(|trace| trace.throttled_calls),
            retries: sum(|trace| [trace.resent, trace.retried]),
            waits: self.waits.clone(),
            errors,
        }
    }
}
