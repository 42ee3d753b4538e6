//! One run's bookkeeping: events out, times, usage, tool calls. It decides nothing.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::{StopReason, TokenUsage};

use crate::assembly::Note;
use crate::clock::Clock;
use crate::events::{AgentEvent, Sink};
use crate::history::Call;
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
    /// Model calls.
    pub turns: u32,
    /// Added up once per model call.
    pub usage: Usage,
    /// Every tool call that was answered, in the order of the model's blocks.
    pub tool_calls: Vec<ToolRecord>,
    /// To the first event of the first call (unary: its whole answer).
    pub first_event: Option<Duration>,
    /// To the first text that is not empty, in whichever call it came.
    pub first_text: Option<Duration>,
    /// To the end of the run.
    pub elapsed: Duration,
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
    /// It ran and gave an output.
    Succeeded,
    /// It ran and failed, panicked or took too long.
    Failed,
    /// It did not run: unknown tool or bad input.
    Refused,
}

/// A run in progress.
pub(crate) struct Run<'a> {
    clock: &'a dyn Clock,
    sink: &'a mut Sink<'a>,
    started: Duration,
    turn_started: Duration,
    turn_has_event: bool,
    pub(crate) stats: RunStats,
}

impl<'a> Run<'a> {
    pub(crate) fn new(clock: &'a dyn Clock, sink: &'a mut Sink<'a>) -> Self {
        let now = clock.now();
        Self {
            clock,
            sink,
            started: now,
            turn_started: now,
            turn_has_event: false,
            stats: RunStats::default(),
        }
    }

    pub(crate) fn emit(&mut self, event: AgentEvent) {
        (self.sink)(event);
    }

    pub(crate) fn turn(&self) -> u32 {
        self.stats.turns
    }

    pub(crate) fn start_turn(&mut self) {
        self.stats.turns += 1;
        self.turn_started = self.clock.now();
        self.turn_has_event = false;
        self.emit(AgentEvent::TurnStarted { turn: self.stats.turns });
    }

    /// Something of the answer arrived.
    pub(crate) fn saw_event(&mut self) {
        if std::mem::replace(&mut self.turn_has_event, true) {
            return;
        }
        let now = self.clock.now();
        self.stats.first_event.get_or_insert(now.saturating_sub(self.started));
        let after = now.saturating_sub(self.turn_started);
        self.emit(AgentEvent::FirstEvent { turn: self.turn(), after });
    }

    /// Passes on what an event meant.
    pub(crate) fn note(&mut self, note: Note) {
        let turn = self.turn();
        match note {
            Note::Nothing => {}
            Note::Text { block, text } => {
                if !text.is_empty() {
                    let after = self.clock.now().saturating_sub(self.started);
                    self.stats.first_text.get_or_insert(after);
                }
                self.emit(AgentEvent::TextDelta { turn, block, text });
            }
            Note::Reasoning { block, text } => self.emit(AgentEvent::ReasoningDelta { turn, block, text }),
            Note::ToolClosed(tool) => self.emit(AgentEvent::ToolInputComplete {
                turn,
                tool_use_id: tool.id,
                name: tool.name,
                input: tool.input,
            }),
            Note::Stopped(reason) => self.emit(AgentEvent::Stopped { turn, reason }),
            Note::Late(event) => self.warn(format!("{event} came after messageStop and was ignored")),
        }
    }

    pub(crate) fn warn(&mut self, message: String) {
        self.emit(AgentEvent::Warning { turn: self.turn(), message });
    }

    /// Counts a model call's usage; called once per call, however it ended.
    pub(crate) fn count_usage(&mut self, reported: Option<&TokenUsage>) {
        let usage = Usage::of_call(reported);
        self.stats.usage += usage;
        self.emit(AgentEvent::UsageCounted { turn: self.turn(), usage });
    }

    /// Keeps how a tool call went.
    pub(crate) fn record(&mut self, call: &Call, status: ToolStatus) {
        let (tool_use_id, name, input) = (call.id.clone(), call.name.clone(), call.input.clone());
        self.stats.tool_calls.push(ToolRecord { turn: self.turn(), tool_use_id, name, input, status });
    }

    /// The run's figures, with the time it took.
    pub(crate) fn finish(&mut self) -> RunStats {
        let mut stats = std::mem::take(&mut self.stats);
        stats.elapsed = self.clock.now().saturating_sub(self.started);
        stats
    }
}
