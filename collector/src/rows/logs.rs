//! Rows of logs.

use super::{Group, Rejected, admissible, resource_row, scope_row};
use crate::plain;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

/// A record.
#[derive(Clone, Debug)]
pub(crate) struct LogRow {
    pub(crate) time: i64,
    pub(crate) observed: i64,
    pub(crate) severity: i32,
    pub(crate) severity_text: String,
    pub(crate) body: Option<String>,
    pub(crate) event: String,
    pub(crate) trace: Vec<u8>,
    pub(crate) span: Vec<u8>,
    pub(crate) flags: u32,
    pub(crate) dropped_attributes: u32,
    pub(crate) attributes: String,
}

/// The rows of a request, and what could not be kept.
pub(crate) fn log_rows(request: ExportLogsServiceRequest) -> (Vec<Group<LogRow>>, Rejected) {
    let (mut groups, mut rejected) = (Vec::new(), Rejected::default());
    for told in request.resource_logs {
        let count = told.scope_logs.iter().map(|scope| scope.log_records.len()).sum();
        let row = resource_row(told.resource, told.schema_url);
        let Some(resource) = rejected.sift(count, row) else { continue };
        for scoped in told.scope_logs {
            let row = scope_row(scoped.scope, scoped.schema_url);
            let Some(scope) = rejected.sift(scoped.log_records.len(), row) else { continue };
            let sound = scoped.log_records.into_iter().filter_map(|record| rejected.sift(1, row_of(record)));
            groups.push(Group { rows: sound.collect(), scope, resource: resource.clone() });
        }
    }
    (groups, rejected)
}

fn row_of(record: LogRecord) -> Result<LogRow, String> {
    admissible::attributes(&record.attributes)?;
    record.body.as_ref().map_or(Ok(()), admissible::value)?;
    Ok(LogRow {
        time: admissible::time(record.time_unix_nano)?,
        observed: admissible::time(record.observed_time_unix_nano)?,
        severity: record.severity_number,
        severity_text: record.severity_text,
        body: record.body.as_ref().map(plain::value),
        event: record.event_name,
        trace: record.trace_id,
        span: record.span_id,
        flags: record.flags,
        dropped_attributes: record.dropped_attributes_count,
        attributes: plain::attributes(&record.attributes),
    })
}
