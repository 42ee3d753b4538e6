//! The events of a ConverseStream.

use aws_sdk_bedrockruntime::types as sdk;
use aws_sdk_bedrockruntime::types::ConverseStreamOutput as E;
use serde_json::Value;

use super::content::{citation_location, error_block, image_source};
use super::document::document_to_json;
use super::obj::{Obj, blob, list, one, opt_list, unknown};
use super::reply::{performance_config, service_tier, stream_trace, token_usage};

/// An event's name and its payload as Bedrock sends them, without the `p` padding. An event that the SDK cannot name
/// is `("$unknown", null)`: the SDK keeps nothing of it.
#[must_use]
pub fn stream_event(event: &E) -> (&'static str, Value) {
    match event {
        E::MessageStart(event) => ("messageStart", one("role", event.role.as_str())),
        E::ContentBlockStart(event) => ("contentBlockStart", block_start(event)),
        E::ContentBlockDelta(event) => ("contentBlockDelta", block_delta(event)),
        E::ContentBlockStop(event) => {
            ("contentBlockStop", one("contentBlockIndex", event.content_block_index))
        }
        E::MessageStop(event) => ("messageStop", message_stop(event)),
        E::Metadata(event) => ("metadata", metadata(event)),
        _ => ("$unknown", Value::Null),
    }
}

fn block_start(event: &sdk::ContentBlockStartEvent) -> Value {
    use sdk::ContentBlockStart as S;
    let start = event.start.as_ref().map(|start| match start {
        S::ToolUse(start) => one(
            "toolUse",
            Obj::new()
                .put("name", start.name.as_str())
                .put("toolUseId", start.tool_use_id.as_str())
                .opt("type", start.r#type.as_ref().map(sdk::ToolUseType::as_str))
                .done(),
        ),
        S::ToolResult(start) => one(
            "toolResult",
            Obj::new()
                .opt("status", start.status.as_ref().map(sdk::ToolResultStatus::as_str))
                .put("toolUseId", start.tool_use_id.as_str())
                .opt("type", start.r#type.as_deref())
                .done(),
        ),
        S::Image(start) => one("image", one("format", start.format.as_str())),
        _ => unknown(),
    });
    Obj::new().put("contentBlockIndex", event.content_block_index).opt("start", start).done()
}

fn block_delta(event: &sdk::ContentBlockDeltaEvent) -> Value {
    Obj::new()
        .put("contentBlockIndex", event.content_block_index)
        .opt("delta", event.delta.as_ref().map(delta))
        .done()
}

fn delta(delta: &sdk::ContentBlockDelta) -> Value {
    use sdk::ContentBlockDelta as D;
    match delta {
        D::Text(text) => one("text", text.as_str()),
        D::ToolUse(delta) => one("toolUse", one("input", delta.input.as_str())),
        D::ToolResult(parts) => one("toolResult", list(parts, tool_result_delta)),
        D::ReasoningContent(delta) => one("reasoningContent", reasoning_delta(delta)),
        D::Citation(delta) => one("citation", citation_delta(delta)),
        D::Image(delta) => one(
            "image",
            Obj::new()
                .opt("error", delta.error.as_ref().map(error_block))
                .opt("source", delta.source.as_ref().map(image_source))
                .done(),
        ),
        _ => unknown(),
    }
}

fn tool_result_delta(part: &sdk::ToolResultBlockDelta) -> Value {
    match part {
        sdk::ToolResultBlockDelta::Json(document) => one("json", document_to_json(document)),
        sdk::ToolResultBlockDelta::Text(text) => one("text", text.as_str()),
        _ => unknown(),
    }
}

fn reasoning_delta(delta: &sdk::ReasoningContentBlockDelta) -> Value {
    use sdk::ReasoningContentBlockDelta as R;
    match delta {
        R::Text(text) => one("text", text.as_str()),
        R::Signature(signature) => one("signature", signature.as_str()),
        R::RedactedContent(bytes) => one("redactedContent", blob(bytes)),
        _ => unknown(),
    }
}

fn citation_delta(delta: &sdk::CitationsDelta) -> Value {
    Obj::new()
        .opt("location", delta.location.as_ref().map(citation_location))
        .opt("source", delta.source.as_deref())
        .opt(
            "sourceContent",
            opt_list(&delta.source_content, |part| Obj::new().opt("text", part.text.as_deref()).done()),
        )
        .opt("title", delta.title.as_deref())
        .done()
}

fn message_stop(event: &sdk::MessageStopEvent) -> Value {
    Obj::new()
        .opt(
            "additionalModelResponseFields",
            event.additional_model_response_fields.as_ref().map(document_to_json),
        )
        .put("stopReason", event.stop_reason.as_str())
        .done()
}

fn metadata(event: &sdk::ConverseStreamMetadataEvent) -> Value {
    Obj::new()
        .opt("metrics", event.metrics.as_ref().map(|metrics| one("latencyMs", metrics.latency_ms)))
        .opt("performanceConfig", event.performance_config.as_ref().map(performance_config))
        .opt("serviceTier", event.service_tier.as_ref().map(service_tier))
        .opt("trace", event.trace.as_ref().map(stream_trace))
        .opt("usage", event.usage.as_ref().map(token_usage))
        .done()
}
