//! An event as its gRPC message. Pure.

use super::proto::{self, Event, event::Kind};
use crate::serve::execution::Sent;
use crate::wire_event::WireEvent;

/// The message.
pub(super) fn event(execution: &str, sent: &Sent) -> Event {
    let id = format!("{execution}:{}", sent.number);
    Event { id, execution: execution.to_owned(), kind: Some(kind(sent.event.clone())) }
}

fn kind(event: WireEvent) -> Kind {
    match event {
        WireEvent::Thinking { text } => Kind::Thinking(proto::Thinking { text }),
        WireEvent::Status { action } => Kind::Status(proto::Status { action }),
        WireEvent::TextDelta { turn, text } => Kind::TextDelta(proto::TextDelta { turn, text }),
        WireEvent::TextReplaced { turn, keep } => {
            Kind::TextReplaced(proto::TextReplaced { turn, keep: keep as u64 })
        }
        WireEvent::ModelRetry { attempt, after_ms, cause } => {
            Kind::ModelRetry(proto::ModelRetry { attempt, after_ms, cause })
        }
        WireEvent::Fallback { from, to, why } => Kind::Fallback(proto::Fallback { from, to, why }),
        WireEvent::ToolCall { tool_use_id, name, input } => {
            Kind::ToolCall(proto::ToolCall { tool_use_id, name, input_json: input.to_string() })
        }
        WireEvent::ToolResultChunk { tool_use_id, name, text } => {
            Kind::ToolResultChunk(proto::ToolResultChunk { tool_use_id, name, text })
        }
        WireEvent::ToolRetry { tool_use_id, name, attempt, after_ms, error } => {
            Kind::ToolRetry(proto::ToolRetry { tool_use_id, name, attempt, after_ms, error })
        }
        WireEvent::ToolResult { tool_use_id, name, ok } => {
            Kind::ToolResult(proto::ToolResult { tool_use_id, name, ok })
        }
        WireEvent::Question { tool_use_id, text, options } => {
            Kind::Question(proto::Question { tool_use_id, text, options })
        }
        WireEvent::Redirected { text } => Kind::Redirected(proto::Redirected { text }),
        WireEvent::FinalResponse { text, stop_reason, usage } => {
            let (input_tokens, output_tokens) = (usage.input_tokens, usage.output_tokens);
            Kind::FinalResponse(proto::FinalResponse { text, stop_reason, input_tokens, output_tokens })
        }
        WireEvent::ExecutionFailed { message, partial } => {
            Kind::ExecutionFailed(proto::ExecutionFailed { message, partial })
        }
        WireEvent::Error { message } => Kind::Error(proto::Problem { message }),
    }
}
