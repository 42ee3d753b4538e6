//! One run's bookkeeping: events out, times, usage, tool calls. It decides nothing.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::{Message, StopReason, TokenUsage};

use crate::assembly::Note;
use crate::cause::Cause;
use crate::clock::Clock;
use crate::events::{AgentEvent, Sink};
use crate::frames::Frames;
use crate::history::Call;
use crate::shown::{Piece, Shown};
use crate::stats::{AttemptRecord, RunStats, ToolRecord, ToolStatus};
use crate::steer::Steering;
use crate::trace::{Who, told};
use crate::usage::Usage;

/// A run in progress.
pub(crate) struct Run<'a> {
    clock: &'a dyn Clock,
    sink: &'a mut Sink<'a>,
    steering: Steering,
    who: Who,
    /// Whether an attempt's usage was not counted yet.
    attempt_is_open: bool,
    started: Duration,
    turn_started: Duration,
    turn_has_event: bool,
    /// When the current attempt began, and how long its first event took.
    attempt_started: Duration,
    attempt_first_event: Option<Duration>,
    text: Shown,
    reasoning: Shown,
    /// Whether what the model says is for the agent alone.
    aside: bool,
    frames: Frames,
    pub(crate) stats: RunStats,
}

impl<'a> Run<'a> {
    pub(crate) fn new(clock: &'a dyn Clock, sink: &'a mut Sink<'a>, steering: Steering) -> Self {
        let now = clock.now();
        Self {
            clock,
            sink,
            steering,
            who: Who::default(),
            attempt_is_open: false,
            started: now,
            turn_started: now,
            turn_has_event: false,
            attempt_started: now,
            attempt_first_event: None,
            text: Shown::default(),
            reasoning: Shown::default(),
            aside: false,
            frames: Frames::default(),
            stats: RunStats::default(),
        }
    }

    /// The same run, of these.
    pub(crate) fn of(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    pub(crate) fn emit(&mut self, event: AgentEvent) {
        told(&event, &self.who, self.now().saturating_sub(self.started));
        (self.sink)(event);
    }

    pub(crate) fn turn(&self) -> u32 {
        self.stats.turns
    }

    pub(crate) fn steering(&self) -> &Steering {
        &self.steering
    }

    pub(crate) fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    pub(crate) fn start_turn(&mut self) {
        self.stats.turns += 1;
        self.turn_started = self.clock.now();
        self.turn_has_event = false;
        self.frames = Frames::default();
        self.text = Shown::default();
        self.reasoning = Shown::default();
        self.emit(AgentEvent::TurnStarted { turn: self.stats.turns });
    }

    /// The turn is asked for, or asked for again; `aside` asks for something else, which nobody is shown.
    pub(crate) fn start_attempt(&mut self, model: &str, aside: bool) {
        self.aside = aside;
        self.attempt_is_open = true;
        self.attempt_started = self.clock.now();
        self.attempt_first_event = None;
        if !aside {
            self.text.again();
            self.reasoning.again();
        }
        let turn = self.turn();
        let attempt = self.attempts() + 1;
        let (usage, last_event, failure) = (Usage::default(), None, None);
        self.stats.attempts.push(AttemptRecord {
            turn,
            attempt,
            model: model.to_owned(),
            usage,
            last_event,
            failure,
        });
    }

    /// How many attempts the turn has cost so far.
    pub(crate) fn attempts(&self) -> u32 {
        let turn = self.turn();
        let own = self.stats.attempts.iter().rev().take_while(|record| record.turn == turn).count();
        u32::try_from(own).unwrap_or(u32::MAX)
    }

    /// When the frames of this turn came.
    pub(crate) fn frames(&self) -> &Frames {
        &self.frames
    }

    /// How long the current attempt's first event took.
    pub(crate) fn first_event(&self) -> Option<Duration> {
        self.attempt_first_event
    }

    /// The turn is given up in the middle; gives what was shown of it.
    pub(crate) fn abandon_turn(&mut self) -> String {
        if self.attempt_is_open {
            self.fail_attempt(&Cause::Redirected);
            self.count_usage(None);
        }
        self.text.text().to_owned()
    }

    /// The current attempt gave no answer.
    pub(crate) fn fail_attempt(&mut self, cause: &Cause) {
        if let Some(record) = self.stats.attempts.last_mut() {
            record.failure = Some(cause.clone());
        }
    }

    /// The last event of the current attempt.
    pub(crate) fn last_event(&self) -> Option<&'static str> {
        self.stats.attempts.last()?.last_event
    }

    /// An event of the answer arrived; `None` is a whole unary answer.
    pub(crate) fn saw_event(&mut self, name: Option<&'static str>) {
        let now = self.clock.now();
        if let Some(record) = self.stats.attempts.last_mut() {
            record.last_event = name.or(record.last_event);
        }
        self.attempt_first_event.get_or_insert(now.saturating_sub(self.attempt_started));
        self.frames.saw(now.saturating_sub(self.turn_started));
        if self.aside || std::mem::replace(&mut self.turn_has_event, true) {
            return;
        }
        self.stats.first_event.get_or_insert(now.saturating_sub(self.started));
        let after = now.saturating_sub(self.turn_started);
        self.emit(AgentEvent::FirstEvent { turn: self.turn(), after });
    }

    /// Passes on what an event meant.
    pub(crate) fn note(&mut self, note: Note) {
        let turn = self.turn();
        match note {
            Note::Late(event) => self.warn(format!("{event} came after messageStop and was ignored")),
            Note::Nothing => {}
            _ if self.aside => {}
            Note::Text { block, text } => self.text(turn, block, &text),
            Note::Reasoning { block, text } => self.reasoning(turn, block, &text),
            Note::ToolClosed(tool) => self.emit(AgentEvent::ToolInputComplete {
                turn,
                tool_use_id: tool.id,
                name: tool.name,
                input: tool.input,
            }),
            Note::Stopped(reason) => self.stopped(turn, reason),
        }
    }

    fn text(&mut self, turn: u32, block: i32, text: &str) {
        if !text.is_empty() {
            let now = self.clock.now();
            self.stats.first_text.get_or_insert(now.saturating_sub(self.started));
            self.frames.saw_text(now.saturating_sub(self.turn_started));
        }
        let next = match self.text.take(text) {
            Piece::Known => return,
            Piece::Next(next) => next,
            Piece::Instead { keep, next } => {
                self.emit(AgentEvent::TextReplaced { turn, keep });
                next
            }
        };
        self.emit(AgentEvent::TextDelta { turn, block, text: next });
    }

    fn reasoning(&mut self, turn: u32, block: i32, text: &str) {
        let next = match self.reasoning.take(text) {
            Piece::Known => return,
            Piece::Next(next) => next,
            Piece::Instead { keep, next } => {
                self.emit(AgentEvent::ReasoningReplaced { turn, keep });
                next
            }
        };
        self.emit(AgentEvent::ReasoningDelta { turn, block, text: next });
    }

    fn stopped(&mut self, turn: u32, reason: StopReason) {
        if let Some(keep) = self.text.end() {
            self.emit(AgentEvent::TextReplaced { turn, keep });
        }
        if let Some(keep) = self.reasoning.end() {
            self.emit(AgentEvent::ReasoningReplaced { turn, keep });
        }
        self.emit(AgentEvent::Stopped { turn, reason });
    }

    pub(crate) fn checkpoint(&mut self, messages: &[Message]) {
        self.emit(AgentEvent::Checkpoint { turn: self.turn(), messages: messages.to_vec() });
    }

    pub(crate) fn warn(&mut self, message: String) {
        self.emit(AgentEvent::Warning { turn: self.turn(), message });
    }

    /// Counts an attempt's usage; called once per attempt, however it ended.
    pub(crate) fn count_usage(&mut self, reported: Option<&TokenUsage>) {
        let usage = Usage::of_call(reported);
        self.attempt_is_open = false;
        self.stats.usage += usage;
        if let Some(record) = self.stats.attempts.last_mut() {
            record.usage = usage;
        }
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
