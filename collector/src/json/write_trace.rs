//! Writes traces.

use super::write::{Json, List, Members};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde::ser::{Serialize, Serializer};

impl Serialize for Json<'_, ExportTraceServiceRequest> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.any("resourceSpans", &List(&self.0.resource_spans))?;
        out.end()
    }
}

impl Serialize for Json<'_, ResourceSpans> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.message("resource", self.0.resource.as_ref())?;
        out.list("scopeSpans", &self.0.scope_spans)?;
        out.text("schemaUrl", &self.0.schema_url)?;
        out.end()
    }
}

impl Serialize for Json<'_, ScopeSpans> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.message("scope", self.0.scope.as_ref())?;
        out.list("spans", &self.0.spans)?;
        out.text("schemaUrl", &self.0.schema_url)?;
        out.end()
    }
}

impl Serialize for Json<'_, Span> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let span = self.0;
        let mut out = Members::start(serializer)?;
        out.hex("traceId", &span.trace_id)?;
        out.hex("spanId", &span.span_id)?;
        out.text("traceState", &span.trace_state)?;
        out.hex("parentSpanId", &span.parent_span_id)?;
        out.small("flags", span.flags)?;
        out.text("name", &span.name)?;
        out.small("kind", span.kind)?;
        out.long("startTimeUnixNano", span.start_time_unix_nano)?;
        out.long("endTimeUnixNano", span.end_time_unix_nano)?;
        out.list("attributes", &span.attributes)?;
        out.small("droppedAttributesCount", span.dropped_attributes_count)?;
        out.list("events", &span.events)?;
        out.small("droppedEventsCount", span.dropped_events_count)?;
        out.list("links", &span.links)?;
        out.small("droppedLinksCount", span.dropped_links_count)?;
        out.message("status", span.status.as_ref())?;
        out.end()
    }
}

impl Serialize for Json<'_, Event> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.long("timeUnixNano", self.0.time_unix_nano)?;
        out.text("name", &self.0.name)?;
        out.list("attributes", &self.0.attributes)?;
        out.small("droppedAttributesCount", self.0.dropped_attributes_count)?;
        out.end()
    }
}

impl Serialize for Json<'_, Link> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.hex("traceId", &self.0.trace_id)?;
        out.hex("spanId", &self.0.span_id)?;
        out.text("traceState", &self.0.trace_state)?;
        out.list("attributes", &self.0.attributes)?;
        out.small("droppedAttributesCount", self.0.dropped_attributes_count)?;
        out.small("flags", self.0.flags)?;
        out.end()
    }
}

impl Serialize for Json<'_, Status> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.text("message", &self.0.message)?;
        out.small("code", self.0.code)?;
        out.end()
    }
}
