//! Reads traces.

use super::node::{Malformed, Node};
use super::read_common::{attributes, resource, scope};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

pub(super) fn resource_spans(node: &Node<'_>) -> Result<ResourceSpans, Malformed> {
    Ok(ResourceSpans {
        resource: node.message("resource", resource)?,
        scope_spans: node.list("scopeSpans", scope_spans)?,
        schema_url: node.text("schemaUrl")?,
    })
}

fn scope_spans(node: &Node<'_>) -> Result<ScopeSpans, Malformed> {
    Ok(ScopeSpans {
        scope: node.message("scope", scope)?,
        spans: node.list("spans", span)?,
        schema_url: node.text("schemaUrl")?,
    })
}

fn span(node: &Node<'_>) -> Result<Span, Malformed> {
    Ok(Span {
        trace_id: node.hex("traceId")?,
        span_id: node.hex("spanId")?,
        trace_state: node.text("traceState")?,
        parent_span_id: node.hex("parentSpanId")?,
        flags: node.small("flags")?,
        name: node.text("name")?,
        kind: node.enumeration("kind")?,
        start_time_unix_nano: node.unsigned("startTimeUnixNano")?,
        end_time_unix_nano: node.unsigned("endTimeUnixNano")?,
        attributes: attributes(node)?,
        dropped_attributes_count: node.small("droppedAttributesCount")?,
        events: node.list("events", event)?,
        dropped_events_count: node.small("droppedEventsCount")?,
        links: node.list("links", link)?,
        dropped_links_count: node.small("droppedLinksCount")?,
        status: node.message("status", status)?,
    })
}

pub(super) fn event(node: &Node<'_>) -> Result<Event, Malformed> {
    Ok(Event {
        time_unix_nano: node.unsigned("timeUnixNano")?,
        name: node.text("name")?,
        attributes: attributes(node)?,
        dropped_attributes_count: node.small("droppedAttributesCount")?,
    })
}

pub(super) fn link(node: &Node<'_>) -> Result<Link, Malformed> {
    Ok(Link {
        trace_id: node.hex("traceId")?,
        span_id: node.hex("spanId")?,
        trace_state: node.text("traceState")?,
        attributes: attributes(node)?,
        dropped_attributes_count: node.small("droppedAttributesCount")?,
        flags: node.small("flags")?,
    })
}

fn status(node: &Node<'_>) -> Result<Status, Malformed> {
    Ok(Status { message: node.text("message")?, code: node.enumeration("code")? })
}
