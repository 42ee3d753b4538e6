//! The calls of one message on their way: which may start, what each told, how each ended. It waits for none.

use std::collections::{HashMap, HashSet, VecDeque};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{Id, JoinError, JoinSet};
use tracing::Instrument as _;

use crate::config::AgentConfig;
use crate::events::AgentEvent;
use crate::history::Call;
use crate::run::Run;
use crate::stats::ToolStatus;
use crate::tool_admission::{Admitted, admit, record};
use crate::tool_call::{Settled, ToolCall};
use crate::tool_cancel::{CANCELLED, Cancels, NOT_BEGUN};
use crate::tool_note::{Note, Notes};
use crate::tool_outcome::ToolOutcome;
use crate::tools::{
    AuditEvent, Beginning, Gate, Need, Piece, ToolOutput, Toolbox, canonical, idempotency_key, need,
};
use crate::trace;

/// A call that has ended in its task.
pub(crate) type Joined = Result<(Id, Settled), JoinError>;

/// The calls of one message, and how far they are.
pub(crate) struct Batch<'b, 'a> {
    toolbox: &'b Toolbox,
    calls: &'b [Call],
    config: &'b AgentConfig,
    run: &'b mut Run<'a>,
    sender: UnboundedSender<(usize, Note)>,
    waiting: VecDeque<(usize, Admitted)>,
    pub(crate) running: JoinSet<Settled>,
    places: HashMap<Id, usize>,
    cancels: Cancels,
    succeeded: HashSet<String>,
    outcomes: Vec<Option<ToolOutcome>>,
}

impl<'b, 'a> Batch<'b, 'a> {
    pub(crate) fn new(
        toolbox: &'b Toolbox,
        calls: &'b [Call],
        config: &'b AgentConfig,
        run: &'b mut Run<'a>,
        sender: UnboundedSender<(usize, Note)>,
    ) -> Self {
        let earlier = run.stats.tool_calls.iter().filter(|call| has_output(call.status));
        let succeeded = earlier.map(|call| call.name.clone()).collect();
        let (waiting, places, outcomes) = (VecDeque::new(), HashMap::new(), vec![None; calls.len()]);
        Self {
            toolbox,
            calls,
            config,
            run,
            sender,
            waiting,
            running: JoinSet::new(),
            places,
            cancels: Cancels::default(),
            succeeded,
            outcomes,
        }
    }

    pub(crate) async fn admit_all(&mut self) {
        self.run.steering().open_calls(self.calls.iter().map(|call| call.id.clone()));
        for (at, call) in self.calls.iter().enumerate() {
            match admit(self.toolbox, call) {
                Ok(admitted) => self.waiting.push_back((at, admitted)),
                Err(message) => self.refuse(at, message).await,
            }
        }
    }

    /// Starts what may start; refuses what never may.
    pub(crate) async fn start_ready(&mut self) {
        while self.running.len() < self.config.tool_concurrency.max(1) {
            let needs: Vec<_> = (0..self.waiting.len()).map(|at| self.need(at)).collect();
            let Some(place) = needs.iter().position(|need| *need != Need::Wait) else { return };
            let Some((at, admitted)) = self.waiting.remove(place) else { return };
            match &needs[place] {
                Need::Unmet(name) => {
                    let message = format!("The tool was not run. It needs a result of {name} first.");
                    self.refuse(at, message).await;
                }
                _ => self.start(at, admitted).await,
            }
        }
    }

    fn need(&self, place: usize) -> Need {
        let (_, admitted) = &self.waiting[place];
        if admitted.entry.policy.needs.is_empty() {
            return Need::Met;
        }
        let waiting = self.waiting.iter().map(|(_, admitted)| admitted.entry.name());
        let running = self.places.values().map(|at| self.calls[*at].name.as_str());
        need(&admitted.entry.policy.needs, &self.succeeded, &waiting.chain(running).collect())
    }

    async fn start(&mut self, at: usize, admitted: Admitted) {
        let (call, Admitted { entry, input }) = (&self.calls[at], admitted);
        let (canonical, clock) = (canonical(&input), self.toolbox.clock());
        if let Some(output) = entry.cached(&canonical, clock.now()) {
            return self.reuse(at, Ok(output)).await;
        }
        let key = idempotency_key(self.toolbox.scope(), &call.id, &call.name, &input);
        let started = record(call, AuditEvent::Started, None);
        match self.toolbox.journal().begin(&key, entry.writes(), started).await {
            Ok(Beginning::Run) => {}
            Ok(Beginning::Again(result)) => return self.reuse(at, result).await,
            Err(message) => return self.refuse(at, message).await,
        }
        let gate = entry.admit(clock.now());
        if gate_is_open(&gate) {
            self.announce(at);
        }
        let (id, clock, hard_timeout) = (call.id.clone(), clock.clone(), self.config.tool_timeout);
        self.spawn(at, ToolCall { entry, input, canonical, id, key, hard_timeout, clock }, gate);
    }

    fn spawn(&mut self, at: usize, tool_call: ToolCall, gate: Gate) {
        let (call, journal) = (self.calls[at].clone(), self.toolbox.journal().clone());
        let notes = Notes { at, sender: self.sender.clone() };
        let span = self.told(&call);
        let (capture, ending) = (self.config.capture.clone(), span.clone());
        let work = async move {
            let settled = tool_call.run(gate, &notes).await;
            let content = capture.map(|capture| capture.json(&result_json(&settled.result)));
            trace::end_tool(&ending, settled.result.is_err(), content);
            let event = if settled.ran { AuditEvent::Finished } else { AuditEvent::Refused };
            let ended = record(&call, event, Some(settled.result.clone()));
            if let Err(message) = journal.end(&tool_call.key, tool_call.entry.writes(), ended).await {
                notes.send(Note::Warning(message));
            }
            settled
        };
        let handle = self.running.spawn(work.instrument(span));
        self.places.insert(handle.id(), at);
        self.cancels.started(at, handle);
    }

    /// The span of a call.
    fn told(&self, call: &Call) -> tracing::Span {
        let input = |input: &serde_json::Map<_, _>| serde_json::Value::Object(input.clone());
        let arguments = self.config.capture.as_ref().zip(call.input.as_ref().ok());
        let arguments = arguments.map(|(capture, it)| capture.json(&input(it)));
        trace::tool(&call.name, &call.id, arguments.as_deref())
    }

    pub(crate) async fn end(&mut self, joined: Joined) {
        let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some(at) = self.places.remove(&id) else { return };
        if self.cancels.ended(at, &joined) {
            self.note(at, AuditEvent::Cancelled, Err(CANCELLED.to_owned())).await;
            return self.finish(at, Err(CANCELLED.to_owned()), ToolStatus::Cancelled);
        }
        let settled = unjoin(joined);
        let status = status(&settled);
        self.finish(at, settled.result, status);
    }

    /// Cancels what somebody wants cancelled; returns whether that was everything.
    pub(crate) async fn steer(&mut self) -> bool {
        let steering = self.run.steering();
        let (all, ids) = (steering.is_redirected(), steering.take_cancelled());
        for at in 0..self.calls.len() {
            if self.outcomes[at].is_none() && (all || ids.contains(&self.calls[at].id)) {
                self.cancel(at).await;
            }
        }
        all
    }

    async fn cancel(&mut self, at: usize) {
        if !self.cancels.abort(at) {
            self.waiting.retain(|(place, _)| *place != at);
            self.refuse(at, NOT_BEGUN.to_owned()).await;
        }
    }

    async fn refuse(&mut self, at: usize, message: String) {
        self.note(at, AuditEvent::Refused, Err(message.clone())).await;
        self.finish(at, Err(message), ToolStatus::Refused);
    }

    /// Answers with what is known already.
    async fn reuse(&mut self, at: usize, result: Result<ToolOutput, String>) {
        let (tool_use_id, name) = self.named(at);
        self.run.emit(AgentEvent::ToolResultReused { turn: self.run.turn(), tool_use_id, name });
        self.note(at, AuditEvent::Reused, result.clone()).await;
        let status = if result.is_ok() { ToolStatus::Succeeded } else { ToolStatus::Failed };
        self.finish(at, result, status);
    }

    async fn note(&mut self, at: usize, event: AuditEvent, result: Result<ToolOutput, String>) {
        let line = record(&self.calls[at], event, Some(result));
        if let Err(message) = self.toolbox.journal().note(line).await {
            self.run.warn(message);
        }
    }

    fn finish(&mut self, at: usize, result: Result<ToolOutput, String>, status: ToolStatus) {
        let (tool_use_id, name) = self.named(at);
        if has_output(status) {
            self.succeeded.insert(name.clone());
        }
        self.run.emit(AgentEvent::ToolFinished {
            turn: self.run.turn(),
            tool_use_id,
            name,
            ok: result.is_ok(),
        });
        self.run.steering().close_call(&self.calls[at].id);
        self.outcomes[at] = Some(ToolOutcome { result, status });
    }

    fn announce(&mut self, at: usize) {
        let (tool_use_id, name) = self.named(at);
        self.run.emit(AgentEvent::ToolStarted { turn: self.run.turn(), tool_use_id, name });
    }

    pub(crate) fn tell(&mut self, at: usize, note: Note) {
        let (turn, (tool_use_id, name)) = (self.run.turn(), self.named(at));
        match note {
            Note::Started => self.announce(at),
            Note::Warning(message) => self.run.warn(message),
            Note::Piece(Piece::Chunk(text)) => {
                self.run.emit(AgentEvent::ToolResultChunk { turn, tool_use_id, name, text });
            }
            Note::Piece(Piece::Pending(ticket)) => {
                self.run.emit(AgentEvent::ToolPending { turn, tool_use_id, name, ticket });
            }
            Note::Piece(Piece::Question(question, answer)) => {
                if self.run.steering().ask(&tool_use_id, answer) {
                    self.run.emit(AgentEvent::Question { turn, tool_use_id, question });
                }
            }
            Note::Retry { attempt, after, error } => {
                self.run.emit(AgentEvent::ToolRetry { turn, tool_use_id, name, attempt, after, error });
            }
            Note::Fallback { tool, error } => {
                self.run.emit(AgentEvent::ToolFallback { turn, tool_use_id, name, fallback: tool, error });
            }
        }
    }

    fn named(&self, at: usize) -> (String, String) {
        (self.calls[at].id.clone(), self.calls[at].name.clone())
    }

    pub(crate) fn outcomes(self) -> Vec<ToolOutcome> {
        // Every call was refused or joined; this keeps one result per call whatever happens.
        let lost =
            || ToolOutcome { result: Err("The tool call was lost.".to_owned()), status: ToolStatus::Failed };
        self.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(lost)).collect()
    }
}

fn result_json(result: &Result<ToolOutput, String>) -> serde_json::Value {
    match result {
        Ok(ToolOutput::Json(value)) => value.clone(),
        Ok(ToolOutput::Text(text)) | Err(text) => text.as_str().into(),
    }
}

fn gate_is_open(gate: &Gate) -> bool {
    matches!(gate, Gate::Go(_))
}

fn has_output(status: ToolStatus) -> bool {
    matches!(status, ToolStatus::Succeeded | ToolStatus::Partial)
}

fn status(settled: &Settled) -> ToolStatus {
    match (&settled.result, settled.partial, settled.ran) {
        (Ok(_), true, _) => ToolStatus::Partial,
        (Ok(_), false, _) => ToolStatus::Succeeded,
        (Err(_), _, true) => ToolStatus::Failed,
        (Err(_), _, false) => ToolStatus::Refused,
    }
}

/// A call that was lost in its own task is that call's failure.
fn unjoin(joined: Joined) -> Settled {
    joined.map_or_else(
        |_| {
            let result = Err("The tool failed: its call was aborted.".to_owned());
            Settled { result, ran: true, partial: false }
        },
        |(_, settled)| settled,
    )
}
