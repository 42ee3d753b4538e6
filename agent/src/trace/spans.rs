//! The spans of a run: the agent at work, a model call, each of its HTTP requests, a tool call.

use std::time::Duration;

use faultline_telemetry::own;
use faultline_telemetry::semconv::{AWS_BEDROCK, CHAT, EXECUTE_TOOL, INVOKE_AGENT};
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::field;
use crate::cause::Cause;
use crate::config::{AgentConfig, Mode};
use crate::conversation::Labels;
use crate::frames::Frames;
use crate::usage::Usage;

/// An agent at work on a prompt.
pub(crate) fn invoke_agent(config: &AgentConfig, labels: &Labels) -> Span {
    info_span!(
        "invoke_agent",
        otel.name = format!("invoke_agent {}", config.name),
        otel.kind = "internal",
        otel.status_code = Empty,
        otel.status_description = Empty,
        { field::OPERATION_NAME } = INVOKE_AGENT,
        { field::PROVIDER_NAME } = AWS_BEDROCK,
        { field::AGENT_NAME } = &*config.name,
        { field::CONVERSATION_ID } = labels.session.as_deref(),
        { field::USER_ID } = labels.user.as_deref(),
        { field::USAGE_INPUT_TOKENS } = Empty,
        { field::USAGE_OUTPUT_TOKENS } = Empty,
        { field::ERROR_TYPE } = Empty,
    )
}

/// A model call with all its attempts.
pub(crate) fn chat(config: &AgentConfig, labels: &Labels) -> Span {
    info_span!(
        "chat",
        otel.name = format!("chat {}", config.model_id),
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        { field::OPERATION_NAME } = CHAT,
        { field::PROVIDER_NAME } = AWS_BEDROCK,
        { field::CONVERSATION_ID } = labels.session.as_deref(),
        { field::REQUEST_MODEL } = &*config.model_id,
        // The conventions want it only where it is true.
        { field::REQUEST_STREAM } = (config.mode == Mode::Streaming).then_some(true),
        { field::REQUEST_MAX_TOKENS } = i64::from(config.max_tokens),
        { field::REQUEST_TEMPERATURE } = config.temperature.map(f64::from),
        { field::RESPONSE_MODEL } = Empty,
        { field::RESPONSE_ID } = Empty,
        { field::RESPONSE_FINISH_REASONS } = Empty,
        { field::RESPONSE_TIME_TO_FIRST_CHUNK } = Empty,
        { field::USAGE_INPUT_TOKENS } = Empty,
        { field::USAGE_OUTPUT_TOKENS } = Empty,
        { field::USAGE_CACHE_READ_TOKENS } = Empty,
        { field::USAGE_CACHE_WRITE_TOKENS } = Empty,
        { field::INPUT_MESSAGES } = Empty,
        { field::OUTPUT_MESSAGES } = Empty,
        { field::ERROR_TYPE } = Empty,
        { own::FIRST_EVENT } = Empty,
        { own::FIRST_TEXT } = Empty,
        { own::FRAMES } = Empty,
        { own::LONGEST_STALL } = Empty,
    )
}

/// What a model call came to.
pub(crate) struct Answered<'a> {
    pub(crate) model: &'a str,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) stop_reason: Option<&'a str>,
    pub(crate) usage: Usage,
    pub(crate) failure: Option<&'a Cause>,
}

/// The model call is over.
pub(crate) fn end_chat(span: &Span, answered: &Answered<'_>, frames: &Frames, mode: Mode) {
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs_f64());
    span.record(field::RESPONSE_MODEL, answered.model);
    span.record(field::RESPONSE_ID, answered.request_id);
    span.record(field::RESPONSE_FINISH_REASONS, answered.stop_reason);
    record_usage(span, answered.usage);
    span.record(own::FIRST_TEXT, seconds(frames.first_text()));
    if mode == Mode::Streaming {
        span.record(field::RESPONSE_TIME_TO_FIRST_CHUNK, seconds(frames.first()));
        span.record(own::FIRST_EVENT, seconds(frames.first()));
        span.record(own::LONGEST_STALL, seconds(frames.longest_stall()));
        span.record(own::FRAMES, frames.listed());
    }
    if let Some(cause) = answered.failure {
        fail(span, cause);
    }
}

/// What the model was sent, where content is told.
pub(crate) fn sent(span: &Span, messages: &str) {
    span.record(field::INPUT_MESSAGES, messages);
}

/// What it answered, where content is told.
pub(crate) fn received(span: &Span, messages: &str) {
    span.record(field::OUTPUT_MESSAGES, messages);
}

/// One HTTP request of a model call; the second is the first that is sent anew.
pub(crate) fn attempt(number: u32) -> Span {
    info_span!(
        "POST",
        otel.name = "POST",
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        http.request.method = "POST",
        { field::HTTP_RESEND_COUNT } = (number > 1).then(|| i64::from(number - 1)),
        { field::HTTP_STATUS } = Empty,
        { field::ERROR_TYPE } = Empty,
    )
}

/// The HTTP request is over.
pub(crate) fn end_attempt(span: &Span, failure: Option<&Cause>) {
    match failure {
        None => {
            span.record(field::HTTP_STATUS, 200);
        }
        Some(cause) => {
            if let Cause::Service(fault) = cause {
                // In a stream the status was good.
                span.record(field::HTTP_STATUS, i64::from(fault.status.unwrap_or(200)));
            }
            fail(span, cause);
        }
    }
}

/// A tool call.
pub(crate) fn tool(name: &str, id: &str, arguments: Option<&str>) -> Span {
    info_span!(
        "execute_tool",
        otel.name = format!("execute_tool {name}"),
        otel.kind = "internal",
        otel.status_code = Empty,
        otel.status_description = Empty,
        { field::OPERATION_NAME } = EXECUTE_TOOL,
        { field::TOOL_NAME } = name,
        { field::TOOL_CALL_ID } = id,
        { field::TOOL_TYPE } = "function",
        { field::TOOL_CALL_ARGUMENTS } = arguments,
        { field::TOOL_CALL_RESULT } = Empty,
        { field::ERROR_TYPE } = Empty,
    )
}

/// The tool call is over. An error's text is content; only that there was one is told.
pub(crate) fn end_tool(span: &Span, failed: bool, result: Option<String>) {
    span.record(field::TOOL_CALL_RESULT, result);
    if failed {
        span.record(field::ERROR_TYPE, "tool_error");
        span.record("otel.status_code", "ERROR");
    }
}

/// The agent is done. The usage is that of all its model calls, whose spans tell it as well.
pub(crate) fn end_run(span: &Span, usage: Usage, failure: Option<&Cause>) {
    span.record(field::USAGE_INPUT_TOKENS, signed(usage.input_tokens));
    span.record(field::USAGE_OUTPUT_TOKENS, signed(usage.output_tokens));
    if let Some(cause) = failure {
        fail(span, cause);
    }
}

fn record_usage(span: &Span, usage: Usage) {
    if usage.calls == usage.unreported_calls {
        return;
    }
    span.record(field::USAGE_INPUT_TOKENS, signed(usage.input_tokens));
    span.record(field::USAGE_OUTPUT_TOKENS, signed(usage.output_tokens));
    span.record(field::USAGE_CACHE_READ_TOKENS, signed(usage.cache_read_tokens));
    span.record(field::USAGE_CACHE_WRITE_TOKENS, signed(usage.cache_write_tokens));
}

fn fail(span: &Span, cause: &Cause) {
    span.record(field::ERROR_TYPE, cause.class());
    span.record("otel.status_code", "ERROR");
    span.record("otel.status_description", cause.to_string());
}

/// OpenTelemetry has no unsigned numbers.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
