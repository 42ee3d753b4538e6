//! One run's bookkeeping: events out, times, usage, tool calls. It decides nothing.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::TokenUsage;

use crate::assembly::Note;
use crate::clock::Clock;
use crate::events::{AgentEvent, Sink};
use crate::history::Call;
use crate::stats::{RunStats, ToolRecord, ToolStatus};
use crate::usage::Usage;

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
