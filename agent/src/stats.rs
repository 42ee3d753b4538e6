//! What a run gives: the answer, and what it cost and did.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::StopReason;

use crate::cause::Cause;
use crate::reply::ToolInput;
use crate::usage::Usage;

/// The model's answer to a prompt.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Text of the last message.
    pub text: String,
    /// Why the last message ended. `max_tokens`, `model_context_window_exceeded` and `guardrail_intervened` come with
    /// text but are not what the model would have said: see [`Answer::is_complete`].
    pub stop_reason: StopReason,
    /// Turns, usage, tools and times.
    pub stats: RunStats,
}

impl Answer {
    /// Whether the model said all that it wanted to say.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.stop_reason, StopReason::EndTurn | StopReason::StopSequence | StopReason::ToolUse)
    }
}

/// What a run cost and did. Times count from the start of the run's first model call.
#[derive(Debug, Clone, Default)]
pub struct RunStats {
    /// Turns of the loop: model calls, their retries not counted.
    pub turns: u32,
    /// Added up once per attempt.
    pub usage: Usage,
    /// Every attempt of every call, in order.
    pub attempts: Vec<AttemptRecord>,
    /// Every tool call that was answered, in the order of the model's blocks.
    pub tool_calls: Vec<ToolRecord>,
    /// To the first event of the first call (unary: its whole answer).
    pub first_event: Option<Duration>,
    /// To the first text that is not empty, in whichever call it came.
    pub first_text: Option<Duration>,
    /// To the end of the run.
    pub elapsed: Duration,
}

/// One request of a model call, and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptRecord {
    /// The model call, from 1.
    pub turn: u32,
    /// Which attempt of it, from 1; over all models.
    pub attempt: u32,
    /// Who was asked.
    pub model: String,
    /// Of this attempt alone.
    pub usage: Usage,
    /// The last event that arrived, as Bedrock names it; `None` where none did, and for unary answers.
    pub last_event: Option<&'static str>,
    /// Why there was no answer.
    pub failure: Option<Cause>,
}

/// A tool call and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRecord {
    /// The model call that asked for it, from 1.
    pub turn: u32,
    /// The id in the history.
    pub tool_use_id: String,
    /// The name that the model asked for.
    pub name: String,
    /// The parsed input.
    pub input: ToolInput,
    /// How it went.
    pub status: ToolStatus,
}

/// How a tool call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolStatus {
    /// It ran and gave an output, or an earlier output was given again.
    Succeeded,
    /// It ran and failed, panicked or took too long.
    Failed,
    /// It did not run: unknown tool, bad input, or its policy did not let it.
    Refused,
    /// It ran into its time limit; what it had sent by then is the output.
    Partial,
    /// It was cancelled while it ran; whether it had an effect is not known.
    Cancelled,
}
