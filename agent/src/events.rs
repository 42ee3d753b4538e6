//! What happens during a run, as it happens.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::{Message, StopReason};
use tokio::sync::mpsc::UnboundedSender;

use crate::cause::Cause;
use crate::classify::Change;
use crate::reply::ToolInput;
use crate::tools::Question;
use crate::usage::Usage;

/// Where events go. It is called from the run's own future, so it must not block.
pub type Sink<'a> = dyn FnMut(AgentEvent) + Send + 'a;

/// Something that happened during a run. `turn` counts model calls of the run from 1. A call that is made again stays the
/// same turn: text that was shown is not shown again, and a tool call's input may be complete a second time.
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
    /// The turn was asked for again, and its new text differs: of what the turn showed so far only the beginning holds.
    TextReplaced {
        /// Which model call.
        turn: u32,
        /// How many characters of the turn's text hold; the deltas that follow go on from there.
        keep: usize,
    },
    /// The same of reasoning text.
    ReasoningReplaced {
        /// Which model call.
        turn: u32,
        /// How many characters of the turn's reasoning hold.
        keep: usize,
    },
    /// An attempt failed and the same request follows after a pause.
    ModelRetry {
        /// Which model call.
        turn: u32,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// The pause.
        after: Duration,
        /// What went wrong.
        cause: Cause,
        /// The last event that had arrived.
        last_event: Option<&'static str>,
    },
    /// A refused request follows in another form, at once.
    RequestChanged {
        /// Which model call.
        turn: u32,
        /// What is changed.
        change: Change,
        /// The refusal.
        cause: Cause,
    },
    /// Another model is asked.
    Fallback {
        /// Which model call.
        turn: u32,
        /// Who gave no answer.
        from: String,
        /// Who is asked now.
        to: String,
        /// Why.
        why: Cause,
    },
    /// A model failed so often in a row that it is left alone for a while.
    BreakerOpen {
        /// Which model call.
        turn: u32,
        /// Who is left alone.
        model: String,
        /// For how long.
        open_for: Duration,
    },
    /// The history was too long for the model and is shorter now.
    Compacted {
        /// Which model call.
        turn: u32,
        /// Messages before.
        before: usize,
        /// Messages now.
        after: usize,
        /// What stands for those that went, where the model summed them up.
        summary: Option<String>,
    },
    /// The history grew: tool calls are about to run, or their results are in. Who keeps it (not the conversation, which
    /// takes an answer only) can go on from it after a kill: [`Conversation::repaired`](crate::Conversation::repaired) gives a
    /// call without a result one that says so, so that nothing runs twice unseen.
    Checkpoint {
        /// Which model call.
        turn: u32,
        /// All messages so far.
        messages: Vec<Message>,
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
    /// An attempt's usage; comes once per attempt, also where the service reported none.
    UsageCounted {
        /// Which model call.
        turn: u32,
        /// Of this attempt alone.
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
    /// A tool asks the person that the run works for ([`Steering::answer`](crate::Steering::answer)).
    Question {
        /// Which model call asked for it.
        turn: u32,
        /// Under which id the answer goes back.
        tool_use_id: String,
        /// What is asked.
        question: Question,
    },
    /// Somebody said something else, and the run goes on with that as its prompt.
    Redirected {
        /// Which model call was the last before.
        turn: u32,
        /// What was said.
        text: String,
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
