//! Reads logs.

use super::node::{Malformed, Node};
use super::read_common::{any, attributes, resource, scope};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};

pub(super) fn resource_logs(node: &Node<'_>) -> Result<ResourceLogs, Malformed> {
    Ok(ResourceLogs {
        resource: node.message("resource", resource)?,
        scope_logs: node.list("scopeLogs", scope_logs)?,
        schema_url: node.text("schemaUrl")?,
    })
}

fn scope_logs(node: &Node<'_>) -> Result<ScopeLogs, Malformed> {
    Ok(ScopeLogs {
        scope: node.message("scope", scope)?,
        log_records: node.list("logRecords", record)?,
        schema_url: node.text("schemaUrl")?,
    })
}

fn record(node: &Node<'_>) -> Result<LogRecord, Malformed> {
    Ok(LogRecord {
        time_unix_nano: node.unsigned("timeUnixNano")?,
        observed_time_unix_nano: node.unsigned("observedTimeUnixNano")?,
        severity_number: node.enumeration("severityNumber")?,
        severity_text: node.text("severityText")?,
        body: node.message("body", any)?,
        attributes: attributes(node)?,
        dropped_attributes_count: node.small("droppedAttributesCount")?,
        flags: node.small("flags")?,
        trace_id: node.hex("traceId")?,
        span_id: node.hex("spanId")?,
        event_name: node.text("eventName")?,
    })
}
