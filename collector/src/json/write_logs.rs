//! Writes logs.

use super::write::{Json, List, Members};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use serde::ser::{Serialize, Serializer};

impl Serialize for Json<'_, ExportLogsServiceRequest> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.any("resourceLogs", &List(&self.0.resource_logs))?;
        out.end()
    }
}

impl Serialize for Json<'_, ResourceLogs> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.message("resource", self.0.resource.as_ref())?;
        out.list("scopeLogs", &self.0.scope_logs)?;
        out.text("schemaUrl", &self.0.schema_url)?;
        out.end()
    }
}

impl Serialize for Json<'_, ScopeLogs> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.message("scope", self.0.scope.as_ref())?;
        out.list("logRecords", &self.0.log_records)?;
        out.text("schemaUrl", &self.0.schema_url)?;
        out.end()
    }
}

impl Serialize for Json<'_, LogRecord> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.0;
        let mut out = Members::start(serializer)?;
        out.long("timeUnixNano", record.time_unix_nano)?;
        out.long("observedTimeUnixNano", record.observed_time_unix_nano)?;
        out.small("severityNumber", record.severity_number)?;
        out.text("severityText", &record.severity_text)?;
        out.message("body", record.body.as_ref())?;
        out.list("attributes", &record.attributes)?;
        out.small("droppedAttributesCount", record.dropped_attributes_count)?;
        out.small("flags", record.flags)?;
        out.hex("traceId", &record.trace_id)?;
        out.hex("spanId", &record.span_id)?;
        out.text("eventName", &record.event_name)?;
        out.end()
    }
}
