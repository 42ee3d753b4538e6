//! A model call with all its attempts: the loop that acts on what `classify`, `retry`, `route` and `breaker` decide.

use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::ToolConfiguration;
use tracing::Instrument as _;

use crate::cause::Cause;
use crate::chance::Chance;
use crate::classify::{Change, Verdict, classify};
use crate::clock::Clock;
use crate::compaction;
use crate::config::{AgentConfig, Mode};
use crate::conversation::Draft;
use crate::deadline::Deadline;
use crate::decide::{Next, decide};
use crate::events::AgentEvent;
use crate::failure::CallFailure;
use crate::model_call::Attempt;
use crate::policy::{Overflow, PartialPolicy};
use crate::reply::Reply;
use crate::request::Request;
use crate::retry::Retries;
use crate::run::Run;
use crate::shared::Shared;
use crate::trace;
use crate::trim;

/// One model call: what one turn of the loop needs.
pub(crate) struct Call<'a> {
    client: &'a Client,
    config: &'a AgentConfig,
    shared: &'a Shared,
    chance: &'a dyn Chance,
    tools: Option<ToolConfiguration>,
    deadline: Deadline,
    /// How long the first event may take, while another model may still be asked.
    budget: Option<Duration>,
    /// How often the history was made shorter.
    shortened: u32,
}

/// How often one call may make its history shorter: a summary, then cuts.
const MOST_SHORTENED: u32 = 4;

/// A reply and what follows from it.
type Answer = (Reply, Next);

/// What follows from a failed attempt.
enum Step {
    /// The same again, after a pause that is over.
    Again,
    GiveUp,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        client: &'a Client,
        config: &'a AgentConfig,
        shared: &'a Shared,
        chance: &'a dyn Chance,
        tools: Option<ToolConfiguration>,
        run: &Run<'_>,
    ) -> Self {
        let deadline = Deadline::after(run.now(), config.calls.deadline);
        Self { client, config, shared, chance, tools, deadline, budget: None, shortened: 0 }
    }

    /// Asks the models in their order until one answers. The draft may come out shorter.
    pub(crate) async fn ask(mut self, draft: &mut Draft, run: &mut Run<'_>) -> Result<Answer, CallFailure> {
        let order = self.shared.order(&self.config.calls.route, &self.config.model_id);
        let mut later = order.iter().skip(1).peekable();
        let mut model = order.first().unwrap_or(&self.config.model_id);
        loop {
            self.budget = self.config.calls.route.latency_budget.filter(|_| later.peek().is_some());
            let failure = match self.ask_model(model, draft, run).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(next) = later.next().filter(|_| self.may_ask_another(&failure, run)) else {
                return Err(failure);
            };
            let (turn, why) = (run.turn(), failure.cause);
            run.emit(AgentEvent::Fallback { turn, from: model.clone(), to: next.clone(), why });
            model = next;
        }
    }

    fn may_ask_another(&self, failure: &CallFailure, run: &Run<'_>) -> bool {
        let is_the_models = classify(&failure.cause, None) != Verdict::Permanent { other_model: false };
        is_the_models
            && !self.keeps(failure)
            && self.deadline.left(run.now()).is_none_or(|left| !left.is_zero())
    }

    /// Whether the caller wants the text that arrived rather than another try.
    fn keeps(&self, failure: &CallFailure) -> bool {
        self.config.calls.partial == PartialPolicy::Keep && failure.is_cut_text()
    }

    async fn ask_model(
        &mut self,
        model: &str,
        draft: &mut Draft,
        run: &mut Run<'_>,
    ) -> Result<Answer, CallFailure> {
        let mut retries = Retries::default();
        let mut last = None;
        loop {
            if let Err(cause) = self.shared.admit(model, run.now(), self.config.calls.breaker) {
                return Err(last.unwrap_or_else(|| cause.into()));
            }
            let failure = match self.once(model, draft, run).await {
                Ok(answer) => {
                    self.shared.succeeded(model);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if let Step::GiveUp = self.follow(model, &failure, &mut retries, draft, run).await {
                return Err(failure);
            }
            last = Some(failure);
        }
    }

    /// One attempt. A whole reply from which nothing follows is a failure like any other.
    async fn once(&self, model: &str, draft: &Draft, run: &mut Run<'_>) -> Result<Answer, CallFailure> {
        let (mode, request) = self.request(model, draft);
        run.start_attempt(model, false);
        let span = trace::attempt(run.attempts());
        // Boxed: the compiler gives up on futures that are nested too deeply.
        let sending = Box::pin(self.attempt(mode, run.clock(), self.budget).send(request, run));
        let sent = sending.instrument(span.clone()).await;
        trace::end_attempt(&span, sent.as_ref().err().map(|failure| &failure.cause));
        if let Some(first_event) = run.first_event().or_else(|| given_up_after(&sent)) {
            self.shared.answered_after(model, first_event);
        }
        let judged = sent.and_then(|reply| match decide(&reply) {
            Next::Fail(cause) => Err(CallFailure::of_reply(cause, reply)),
            next => Ok((reply, next)),
        });
        judged.inspect_err(|failure| run.fail_attempt(&failure.cause))
    }

    fn attempt<'b>(&'b self, mode: Mode, clock: &'b dyn Clock, budget: Option<Duration>) -> Attempt<'b> {
        Attempt { client: self.client, config: self.config, mode, deadline: self.deadline, budget, clock }
    }

    /// Does what follows from a failed attempt: waits, changes the request, or gives up.
    async fn follow(
        &mut self,
        model: &str,
        failure: &CallFailure,
        retries: &mut Retries,
        draft: &mut Draft,
        run: &mut Run<'_>,
    ) -> Step {
        let verdict = classify(&failure.cause, failure.retry_after);
        self.tell_breaker(model, &verdict, &failure.cause, run);
        if self.keeps(failure) {
            return Step::GiveUp;
        }
        if let Verdict::ChangeRequest(change) = verdict {
            return self.change(model, change, &failure.cause, draft, run).await;
        }
        let chance = self.chance.draw();
        let pause = retries.next(&verdict, &self.config.calls, self.deadline, run.now(), chance);
        let Some(after) = pause else { return Step::GiveUp };
        let (turn, attempt, last_event) = (run.turn(), run.attempts(), run.last_event());
        run.emit(AgentEvent::ModelRetry { turn, attempt, after, cause: failure.cause.clone(), last_event });
        tokio::time::sleep(after).await;
        Step::Again
    }

    /// A refusal is an answer of a model that works; a model that was not waited for has shown neither.
    fn tell_breaker(&self, model: &str, verdict: &Verdict, cause: &Cause, run: &mut Run<'_>) {
        let settings = self.config.calls.breaker;
        if matches!(cause, Cause::OverBudget { .. }) {
            return;
        }
        if !matches!(verdict, Verdict::Retryable { .. }) {
            self.shared.succeeded(model);
        } else if self.shared.failed(model, run.now(), cause, settings) {
            let (turn, model) = (run.turn(), model.to_owned());
            run.emit(AgentEvent::BreakerOpen { turn, model, open_for: settings.open_for });
        }
    }

    async fn change(
        &mut self,
        model: &str,
        change: Change,
        cause: &Cause,
        draft: &mut Draft,
        run: &mut Run<'_>,
    ) -> Step {
        let is_changed = match change {
            Change::Shorten => self.shorten(model, draft, run).await,
            change => self.config.calls.adapt && self.reform(model, change, draft),
        };
        if !is_changed {
            return Step::GiveUp;
        }
        run.emit(AgentEvent::RequestChanged { turn: run.turn(), change, cause: cause.clone() });
        Step::Again
    }

    /// Remembers another form of request; returns whether that makes this request another one.
    fn reform(&self, model: &str, change: Change, draft: &Draft) -> bool {
        let before = self.request(model, draft);
        self.shared.change(model, change) && self.request(model, draft) != before
    }

    /// How the turn is asked for, in the form that the model takes.
    fn request(&self, model: &str, draft: &Draft) -> (Mode, Request) {
        let changes = self.shared.changes(model);
        let mode = if changes.unary { Mode::Unary } else { self.config.mode };
        (mode, Request::new(self.config, model, &changes, self.tools.clone(), draft.messages()))
    }

    /// Makes the history shorter; returns whether it is.
    async fn shorten(&mut self, model: &str, draft: &mut Draft, run: &mut Run<'_>) -> bool {
        self.shortened += 1;
        if self.shortened > MOST_SHORTENED {
            return false;
        }
        let overflow = self.config.calls.overflow;
        let summary =
            if overflow == Overflow::Summarise { self.sum_up(model, draft, run).await } else { None };
        let shorter = match &summary {
            Some(summary) => compaction::with_summary(draft.messages(), summary),
            None if overflow == Overflow::Fail => None,
            None => trim::shorter(draft.messages()),
        };
        let Some(shorter) = shorter else { return false };
        let (turn, before, after) = (run.turn(), draft.messages().len(), shorter.len());
        draft.replace(shorter);
        run.emit(AgentEvent::Compacted { turn, before, after, summary });
        true
    }

    /// Asks the model for a summary, once and without tools. Only the first time: a history that is a summary already is
    /// not helped by another.
    async fn sum_up(&self, model: &str, draft: &Draft, run: &mut Run<'_>) -> Option<String> {
        let task = compaction::task(draft.messages()).filter(|_| self.shortened == 1)?;
        let changes = self.shared.changes(model);
        let request = Request::new(self.config, model, &changes, None, &task);
        let mode = if changes.unary { Mode::Unary } else { self.config.mode };
        run.start_attempt(model, true);
        match self.attempt(mode, run.clock(), None).send(request, run).await {
            Ok(reply) if matches!(decide(&reply), Next::Answer) => Some(reply.text()),
            Ok(_) => None,
            Err(failure) => {
                run.fail_attempt(&failure.cause);
                None
            }
        }
    }
}

/// A model that was too slow for the budget: by how much, nobody waited to see.
fn given_up_after(sent: &Result<Reply, CallFailure>) -> Option<Duration> {
    match sent.as_ref().err()?.cause {
        Cause::OverBudget { budget } => Some(budget + Duration::from_millis(1)),
        _ => None,
    }
}
