//! Throttles, retries and errors.

use super::Window;
use super::span::{StoredSpan, each};
use crate::attribute::{number_of, text_of, whole_of};
use crate::store::StoreError;
use faultline_telemetry::own;
use faultline_telemetry::semconv::Version;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use rusqlite::{Connection, params};
use serde::Serialize;
use std::collections::BTreeMap;

/// What went wrong in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Trouble {
    /// HTTP requests that were answered with 429.
    pub throttled_requests: u64,
    /// Model calls that ended with a throttling error.
    pub throttled_calls: u64,
    /// Requests that were sent once more: spans of a retry, or events of one where there are more. Who tells both tells each
    /// twice.
    pub retries: u64,
    /// The spans of them.
    #[serde(skip)]
    resent: u64,
    /// What was waited before those of them that told it, in seconds.
    pub waits: Vec<f64>,
    /// Spans that failed, by the class of their error.
    pub errors: BTreeMap<String, u64>,
    /// Requests that a server answered with 429, as it told itself; the client may have told them too.
    pub served_throttles: u64,
    /// Requests that failed as their server saw it, by class.
    pub served_errors: BTreeMap<String, u64>,
}

/// A walk through all spans that began then: there is no index for what goes wrong.
///
/// # Errors
/// When the store cannot be read.
pub fn trouble(store: &Connection, window: Window) -> Result<Trouble, StoreError> {
    let mut found = Trouble::default();
    let names = Version::default().names();
    // What cannot be trouble is not read: most spans say nothing of the kind.
    let told = [names.http_status, names.http_resend_count, names.error_type]
        .map(|name| format!("OR instr(spans.attributes, '{name}') > 0"));
    let condition = format!(
        "spans.started >= ? AND spans.started < ? AND (status = 2 {} OR instr(events, '{}') > 0)",
        told.join(" "),
        own::RETRY_EVENT
    );
    each(store, &condition, params![window.from, window.until], |span| found.count(&span))?;
    found.retries = found.retries.max(found.resent);
    Ok(found)
}

impl Trouble {
    fn count(&mut self, stored: &StoredSpan) {
        let names = Version::default().names();
        let (span, attributes) = (&stored.span, &stored.span.attributes);
        let class = text_of(attributes, names.error_type);
        let throttled = whole_of(attributes, names.http_status) == Some(429);
        if span.kind() == SpanKind::Server {
            self.served_throttles += u64::from(throttled);
            class.into_iter().for_each(|class| *self.served_errors.entry(class.to_owned()).or_default() += 1);
            return;
        }
        self.throttled_requests += u64::from(throttled);
        if class.is_some_and(|class| class.contains("Throttl"))
            && text_of(attributes, names.operation_name).is_some()
        {
            self.throttled_calls += 1;
        }
        self.resent +=
            u64::from(whole_of(attributes, names.http_resend_count).is_some_and(|count| count > 0));
        for event in span.events.iter().filter(|event| event.name == own::RETRY_EVENT) {
            self.retries += 1;
            self.waits.extend(number_of(&event.attributes, own::RETRY_DELAY));
        }
        let status = span.status.as_ref().filter(|status| status.code == 2);
        if class.is_some() || status.is_some() {
            let said = status.map(|status| status.message.as_str()).filter(|message| !message.is_empty());
            *self.errors.entry(class.or(said).unwrap_or("error").to_owned()).or_default() += 1;
        }
    }
}
