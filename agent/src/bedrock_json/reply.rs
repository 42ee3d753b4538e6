//! The unary Converse answer, and what it shares with a stream's `metadata`: usage, trace, tier.

use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types as sdk;
use serde_json::Value;

use super::content::message;
use super::document::document_to_json;
use super::guardrail::guardrail_trace;
use super::obj::{Obj, one, opt_list, unknown};

/// A Converse answer as the service writes its body.
#[must_use]
pub fn converse_output(output: &ConverseOutput) -> Value {
    let body = output.output.as_ref().map(|body| match body {
        sdk::ConverseOutput::Message(body) => one("message", message(body)),
        _ => unknown(),
    });
    Obj::new()
        .opt(
            "additionalModelResponseFields",
            output.additional_model_response_fields.as_ref().map(document_to_json),
        )
        .opt("metrics", output.metrics.as_ref().map(|metrics| one("latencyMs", metrics.latency_ms)))
        .opt("output", body)
        .opt("performanceConfig", output.performance_config.as_ref().map(performance_config))
        .opt("serviceTier", output.service_tier.as_ref().map(service_tier))
        .put("stopReason", output.stop_reason.as_str())
        .opt("trace", output.trace.as_ref().map(unary_trace))
        .opt("usage", output.usage.as_ref().map(token_usage))
        .done()
}

/// Token counts with the cache members, in Bedrock's documented spelling (`cacheReadInputTokens`). The SDK does not
/// model `serverToolUsage` nor the `...TokenCount` doubles that some models send.
#[must_use]
pub fn token_usage(usage: &sdk::TokenUsage) -> Value {
    let detail = |detail: &sdk::CacheDetail| {
        Obj::new().put("inputTokens", detail.input_tokens).put("ttl", detail.ttl.as_str()).done()
    };
    Obj::new()
        .opt("cacheDetails", opt_list(&usage.cache_details, detail))
        .opt("cacheReadInputTokens", usage.cache_read_input_tokens)
        .opt("cacheWriteInputTokens", usage.cache_write_input_tokens)
        .put("inputTokens", usage.input_tokens)
        .put("outputTokens", usage.output_tokens)
        .put("totalTokens", usage.total_tokens)
        .done()
}

pub(super) fn performance_config(config: &sdk::PerformanceConfiguration) -> Value {
    one("latency", config.latency.as_str())
}

pub(super) fn service_tier(tier: &sdk::ServiceTier) -> Value {
    one("type", tier.r#type.as_str())
}

pub(super) fn stream_trace(trace: &sdk::ConverseStreamTrace) -> Value {
    trace_value(trace.guardrail.as_ref(), trace.prompt_router.as_ref())
}

fn unary_trace(trace: &sdk::ConverseTrace) -> Value {
    trace_value(trace.guardrail.as_ref(), trace.prompt_router.as_ref())
}

fn trace_value(
    guardrail: Option<&sdk::GuardrailTraceAssessment>,
    router: Option<&sdk::PromptRouterTrace>,
) -> Value {
    let router =
        router.map(|router| Obj::new().opt("invokedModelId", router.invoked_model_id.as_deref()).done());
    Obj::new().opt("guardrail", guardrail.map(guardrail_trace)).opt("promptRouter", router).done()
}
