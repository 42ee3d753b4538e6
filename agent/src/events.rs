//! What happens during a run, as it happens.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::StopReason;
use tokio::sync::mpsc::UnboundedSender;

use crate::reply::ToolInput;
use crate::usage::Usage;

/// Where events go. It is called from the run's own future, so it must not block.
pub type Sink<'a> = dyn FnMut(AgentEvent) + Send + 'a;

/// Something that happened during a run. `turn` counts model calls of the run from 1.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AgentEvent {
    /// A model call begins.
    TurnStarted {
        /// Which model call.
        turn: u32,
    },
    /// The first event of the answer (streaming) or the whole answer (unary) arrived.
    FirstEvent {
        /// Which model call.
        turn: u32,
        /// Time since this call began.
        after: Duration,
    },
    /// A piece of text. Unary: a whole text block.
    TextDelta {
        /// Which model call.
        turn: u32,
        /// `contentBlockIndex`; unary: the block's position.
        block: i32,
        /// The piece, possibly empty.
        text: String,
    },
    /// A piece of reasoning text.
    ReasoningDelta {
        /// Which model call.
        turn: u32,
        /// `contentBlockIndex`; unary: the block's position.
        block: i32,
        /// The piece.
        text: String,
    },
    /// A tool call's input is complete. The call runs later, once the message is whole, or not at all.
    ToolInputComplete {
        /// Which model call.
        turn: u32,
        /// As the model sent it.
        tool_use_id: String,
        /// As the model sent it.
        name: String,
        /// The parsed input.
        input: ToolInput,
    },
    /// A tool begins to run.
    ToolStarted {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id its result goes back.
        tool_use_id: String,
        /// The tool's name.
        name: String,
    },
    /// A tool call has its result, also one that was refused without running.
    ToolFinished {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id its result goes back.
        tool_use_id: String,
        /// The name that the model asked for.
        name: String,
        /// Whether the result is an output and not an error text.
        ok: bool,
    },
    /// The message is whole: `messageStop` came.
    Stopped {
        /// Which model call.
        turn: u32,
        /// Why the model stopped.
        reason: StopReason,
    },
    /// A model call's usage; comes once per call, also where the service reported none.
    UsageCounted {
        /// Which model call.
        turn: u32,
        /// Of this call alone.
        usage: Usage,
    },
    /// Something was wrong that did not hurt the answer, for example an error after `messageStop`.
    Warning {
        /// Which model call.
        turn: u32,
        /// What it was.
        message: String,
    },
    /// The run ended without an answer; [`crate::AgentError`] has the details.
    Failed {
        /// The error's text.
        message: String,
    },
    /// The run ended with an answer.
    Finished {
        /// Of the last message.
        stop_reason: StopReason,
    },
    /// A running tool sent a piece of its result. Where an attempt fails and another follows, its pieces are void.
    ToolResultChunk {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id its result goes back.
        tool_use_id: String,
        /// The name that the model asked for.
        name: String,
        /// The piece.
        text: String,
    },
    /// A tool that may be run twice failed and is tried again after a wait.
    ToolRetry {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id its result goes back.
        tool_use_id: String,
        /// The name that the model asked for.
        name: String,
        /// The number of the attempt that follows, from 2.
        attempt: u32,
        /// The wait.
        after: Duration,
        /// Why the last attempt failed.
        error: String,
    },
    /// A tool is unwell and another takes its place.
    ToolFallback {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id its result goes back.
        tool_use_id: String,
        /// The name that the model asked for.
        name: String,
        /// The tool that is asked instead.
        fallback: String,
        /// Why the first gave nothing.
        error: String,
    },
    /// A call was answered from a cache or a ledger, without running.
    ToolResultReused {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id its result goes back.
        tool_use_id: String,
        /// The name that the model asked for.
        name: String,
    },
    /// A tool has started a job elsewhere and polls for its end.
    ToolPending {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id its result goes back.
        tool_use_id: String,
        /// The name that the model asked for.
        name: String,
        /// What the job is called there.
        ticket: String,
    },
}

/// A sink that sends to a channel. A receiver that has gone is ignored.
pub fn to_channel(sender: UnboundedSender<AgentEvent>) -> impl FnMut(AgentEvent) + Send {
    move |event| {
        // Nobody listens any more: that must not end the run.
        let _ = sender.send(event);
    }
}
