//! Rows of spans.

use super::{Group, Rejected, admissible, resource_row, scope_row};
use crate::attribute::text_of;
use crate::{json, plain};
use faultline_telemetry::semconv::Version;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

/// A span. What is empty or zero is `None` where it rarely is anything else.
#[derive(Clone, Debug)]
pub(crate) struct SpanRow {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    pub(crate) parent: Option<Vec<u8>>,
    pub(crate) name: String,
    pub(crate) kind: i32,
    pub(crate) started: i64,
    pub(crate) ended: i64,
    pub(crate) status: i32,
    pub(crate) status_message: Option<String>,
    pub(crate) trace_state: Option<String>,
    pub(crate) flags: Option<u32>,
    pub(crate) dropped: [Option<u32>; 3],
    pub(crate) attributes: String,
    pub(crate) events: Option<String>,
    pub(crate) links: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) conversation: Option<String>,
    /// The class of its error, where its status is one.
    pub(crate) error: Option<String>,
}

impl SpanRow {
    /// Whether its status is an error.
    pub(crate) fn failed(&self) -> bool {
        self.status == StatusCode::Error as i32
    }
}

/// The rows of a request, and what could not be kept.
pub(crate) fn span_rows(request: ExportTraceServiceRequest) -> (Vec<Group<SpanRow>>, Rejected) {
    let (mut groups, mut rejected) = (Vec::new(), Rejected::default());
    for told in request.resource_spans {
        let count = told.scope_spans.iter().map(|scope| scope.spans.len()).sum();
        let row = resource_row(told.resource, told.schema_url);
        let Some(resource) = rejected.sift(count, row) else { continue };
        for scoped in told.scope_spans {
            let row = scope_row(scoped.scope, scoped.schema_url);
            let Some(scope) = rejected.sift(scoped.spans.len(), row) else { continue };
            let sound = scoped.spans.into_iter().filter_map(|span| rejected.sift(1, row_of(span)));
            groups.push(Group { rows: sound.collect(), scope, resource: resource.clone() });
        }
    }
    (groups, rejected)
}

fn row_of(span: Span) -> Result<SpanRow, String> {
    let names = Version::default().names();
    let texts = |name| text_of(&span.attributes, name).map(str::to_owned);
    admissible::attributes(&span.attributes)?;
    span.events.iter().try_for_each(|event| admissible::attributes(&event.attributes))?;
    span.links.iter().try_for_each(|link| admissible::attributes(&link.attributes))?;
    let error = texts(names.error_type);
    let status = span.status.unwrap_or_default();
    let failed = status.code == StatusCode::Error as i32;
    let said = if status.message.is_empty() { "error" } else { &status.message };
    Ok(SpanRow {
        trace: admissible::id(&span.trace_id, "a trace id")?,
        span: admissible::id(&span.span_id, "a span id")?,
        operation: texts(names.operation_name),
        conversation: texts(names.conversation_id),
        error: failed.then(|| error.unwrap_or_else(|| said.to_owned())),
        parent: some(span.parent_span_id),
        kind: span.kind,
        started: admissible::time(span.start_time_unix_nano)?,
        ended: admissible::time(span.end_time_unix_nano)?,
        status: status.code,
        status_message: some_text(status.message),
        trace_state: some_text(span.trace_state),
        flags: count(span.flags),
        dropped: [
            count(span.dropped_attributes_count),
            count(span.dropped_events_count),
            count(span.dropped_links_count),
        ],
        attributes: plain::attributes(&span.attributes),
        events: some(span.events).map(|events| json::list(&events)),
        links: some(span.links).map(|links| json::list(&links)),
        name: span.name,
    })
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn some_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn count(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}
