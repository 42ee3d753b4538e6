//! An event as transports send it: one small vocabulary as JSON, the same over every transport. Pure.
//!
//! It knows no transport. Its JSON Schema is derived from here; a client that meets a type that it does not know passes it
//! over.

use std::time::Duration;

use crate::events::AgentEvent;
use crate::stats::Answer;
use crate::usage::Usage;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Something that happened while a prompt was worked on.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum WireEvent {
    /// A piece of the model's reasoning.
    Thinking {
        /// The piece.
        text: String,
    },
    /// What is being done, in words that a person may be shown.
    Status {
        /// `asking the model`, `running get_order_status`.
        action: String,
    },
    /// A piece of the model's text.
    TextDelta {
        /// Which model call of this prompt, from 1.
        turn: u32,
        /// The piece.
        text: String,
    },
    /// The turn was asked for again and its text differs: of what the turn showed so far only the beginning holds.
    TextReplaced {
        /// Which model call.
        turn: u32,
        /// How many characters of its text hold; the deltas that follow go on from there.
        keep: usize,
    },
    /// A model call failed and is made again after a pause.
    ModelRetry {
        /// Which attempt failed, from 1.
        attempt: u32,
        /// The pause in milliseconds.
        after_ms: u64,
        /// What went wrong.
        cause: String,
    },
    /// Another model is asked.
    Fallback {
        /// Who gave no answer.
        from: String,
        /// Who is asked now.
        to: String,
        /// Why.
        why: String,
    },
    /// The model asks for a tool. It runs later, once the message is whole.
    ToolCall {
        /// The call's id.
        tool_use_id: String,
        /// The tool.
        name: String,
        /// Its input; null where the model sent none that can be read.
        input: Value,
    },
    /// A piece of a tool's result, as it comes.
    ToolResultChunk {
        /// The call's id.
        tool_use_id: String,
        /// The tool.
        name: String,
        /// The piece.
        text: String,
    },
    /// A tool that may run twice failed and runs again after a pause.
    ToolRetry {
        /// The call's id.
        tool_use_id: String,
        /// The tool.
        name: String,
        /// The attempt that follows, from 2.
        attempt: u32,
        /// The pause in milliseconds.
        after_ms: u64,
        /// Why the last one failed.
        error: String,
    },
    /// A tool call has its result.
    ToolResult {
        /// The call's id.
        tool_use_id: String,
        /// The tool.
        name: String,
        /// Whether it succeeded.
        ok: bool,
    },
    /// A tool asks the person that the prompt came from.
    Question {
        /// The call's id: the answer is sent under it.
        tool_use_id: String,
        /// What is asked.
        text: String,
        /// Answers to choose from; empty where any will do.
        options: Vec<String>,
    },
    /// Somebody said something else; the prompt goes on with that.
    Redirected {
        /// What was said.
        text: String,
    },
    /// The prompt has its answer. Nothing follows.
    FinalResponse {
        /// The text of the last message.
        text: String,
        /// Why the model stopped, as Bedrock spells it.
        stop_reason: String,
        /// What all model calls took together.
        usage: Tokens,
    },
    /// The prompt has no answer. Nothing follows.
    ExecutionFailed {
        /// Why.
        message: String,
        /// Text that had come, perhaps cut anywhere.
        partial: String,
    },
    /// Something was wrong that did not hurt the answer.
    Error {
        /// What.
        message: String,
    },
}

/// Tokens, as Bedrock counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// Read.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
}

impl WireEvent {
    /// What a run's event means to a client; `None` for what only the run's owner needs.
    #[must_use]
    pub fn of(event: &AgentEvent) -> Option<Self> {
        Some(match event {
            AgentEvent::TurnStarted { .. } => Self::Status { action: "asking the model".to_owned() },
            AgentEvent::TextDelta { turn, text, .. } if !text.is_empty() => {
                Self::TextDelta { turn: *turn, text: text.clone() }
            }
            AgentEvent::ReasoningDelta { text, .. } if !text.is_empty() => {
                Self::Thinking { text: text.clone() }
            }
            AgentEvent::ToolInputComplete { tool_use_id, name, input, .. } => Self::ToolCall {
                tool_use_id: tool_use_id.clone(),
                name: name.clone(),
                input: input.clone().map_or(Value::Null, Value::Object),
            },
            AgentEvent::ToolStarted { name, .. } => Self::Status { action: format!("running {name}") },
            AgentEvent::ToolFinished { tool_use_id, name, ok, .. } => {
                Self::ToolResult { tool_use_id: tool_use_id.clone(), name: name.clone(), ok: *ok }
            }
            AgentEvent::ToolResultChunk { tool_use_id, name, text, .. } => Self::ToolResultChunk {
                tool_use_id: tool_use_id.clone(),
                name: name.clone(),
                text: text.clone(),
            },
            AgentEvent::ToolRetry { tool_use_id, name, attempt, after, error, .. } => Self::ToolRetry {
                tool_use_id: tool_use_id.clone(),
                name: name.clone(),
                attempt: *attempt,
                after_ms: millis(*after),
                error: error.clone(),
            },
            AgentEvent::ToolFallback { name, fallback, .. } => {
                Self::Status { action: format!("running {fallback} in the place of {name}") }
            }
            AgentEvent::ToolPending { name, .. } => Self::Status { action: format!("waiting for {name}") },
            AgentEvent::TextReplaced { turn, keep } => Self::TextReplaced { turn: *turn, keep: *keep },
            AgentEvent::ModelRetry { attempt, after, cause, .. } => {
                Self::ModelRetry { attempt: *attempt, after_ms: millis(*after), cause: cause.to_string() }
            }
            AgentEvent::Fallback { from, to, why, .. } => {
                Self::Fallback { from: from.clone(), to: to.clone(), why: why.to_string() }
            }
            AgentEvent::Question { tool_use_id, question, .. } => Self::Question {
                tool_use_id: tool_use_id.clone(),
                text: question.text.clone(),
                options: question.options.clone(),
            },
            AgentEvent::Redirected { text, .. } => Self::Redirected { text: text.clone() },
            AgentEvent::RequestChanged { .. } => Self::Status { action: "asking in another form".to_owned() },
            AgentEvent::Compacted { .. } => Self::Status { action: "summing up what was said".to_owned() },
            AgentEvent::Warning { message, .. } => Self::Error { message: message.clone() },
            _ => return None,
        })
    }

    /// The last event of a prompt that was answered.
    #[must_use]
    pub fn answered(answer: &Answer) -> Self {
        Self::FinalResponse {
            text: answer.text.clone(),
            stop_reason: answer.stop_reason.as_str().to_owned(),
            usage: Tokens::of(answer.stats.usage),
        }
    }

    /// Its name, as `type` holds it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Thinking { .. } => "thinking",
            Self::Status { .. } => "status",
            Self::TextDelta { .. } => "text_delta",
            Self::TextReplaced { .. } => "text_replaced",
            Self::ModelRetry { .. } => "model_retry",
            Self::Fallback { .. } => "fallback",
            Self::ToolCall { .. } => "tool_call",
            Self::ToolResult { .. } => "tool_result",
            Self::ToolResultChunk { .. } => "tool_result_chunk",
            Self::ToolRetry { .. } => "tool_retry",
            Self::Question { .. } => "question",
            Self::Redirected { .. } => "redirected",
            Self::FinalResponse { .. } => "final_response",
            Self::ExecutionFailed { .. } => "execution_failed",
            Self::Error { .. } => "error",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::FinalResponse { .. } | Self::ExecutionFailed { .. })
    }

    /// Whether a person waits for it: it goes out at once and not with others.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        !matches!(
            self,
            Self::TextDelta { .. }
                | Self::Thinking { .. }
                | Self::ToolResultChunk { .. }
                | Self::Error { .. }
        )
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl Tokens {
    fn of(usage: Usage) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}

/// The JSON Schema of every event.
#[must_use]
pub fn schema() -> Value {
    schemars::schema_for!(WireEvent).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_in_the_json_is_the_name_that_transports_use() {
        let id = || "t".to_owned();
        let all = [
            WireEvent::Thinking { text: id() },
            WireEvent::Status { action: id() },
            WireEvent::TextDelta { turn: 1, text: id() },
            WireEvent::TextReplaced { turn: 1, keep: 2 },
            WireEvent::ModelRetry { attempt: 1, after_ms: 5, cause: id() },
            WireEvent::Fallback { from: id(), to: id(), why: id() },
            WireEvent::ToolCall { tool_use_id: id(), name: id(), input: Value::Null },
            WireEvent::ToolResultChunk { tool_use_id: id(), name: id(), text: id() },
            WireEvent::ToolRetry { tool_use_id: id(), name: id(), attempt: 2, after_ms: 1, error: id() },
            WireEvent::ToolResult { tool_use_id: id(), name: id(), ok: true },
            WireEvent::Question { tool_use_id: id(), text: id(), options: vec![id()] },
            WireEvent::Redirected { text: id() },
            WireEvent::FinalResponse { text: id(), stop_reason: id(), usage: Tokens::default() },
            WireEvent::ExecutionFailed { message: id(), partial: id() },
            WireEvent::Error { message: id() },
        ];
        let schema = schema().to_string();
        for event in all {
            let json = serde_json::to_value(&event).unwrap();
            assert_eq!(json["type"], event.name());
            assert!(
                schema.contains(&format!("\"const\":\"{}\"", event.name())),
                "{} is not in {schema}",
                event.name()
            );
            assert!(json.as_object().unwrap().keys().all(|key| !key.contains('_')), "{json}");
        }
    }
}
