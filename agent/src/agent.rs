//! The loop: ask, run the tools that were asked for, ask again, until there is an answer.

use std::sync::Arc;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
use tracing::{Instrument as _, Span};

use crate::attempt::Call;
use crate::cause::Cause;
use crate::chance::{Chance, SystemChance};
use crate::clock::{Clock, TokioClock};
use crate::config::AgentConfig;
use crate::conversation::{Conversation, Draft, Labels};
use crate::decide::Next;
use crate::error::{AgentError, Partial};
use crate::events::{AgentEvent, Sink};
use crate::failure::CallFailure;
use crate::history;
use crate::policy::PartialPolicy;
use crate::reply::Reply;
use crate::run::Run;
use crate::shared::Shared;
use crate::stats::Answer;
use crate::steer::Steering;
use crate::tool_run::run_all;
use crate::tools::{Ledger, Toolbox};
use crate::trace;
use crate::unfinished;

/// An agent: a client, its settings and its tools. It holds no conversation and may serve many at once; all its runs, and
/// those of its clones, share what was learned of the models: circuits, latencies, the forms of request that they take.
#[derive(Clone)]
pub struct Agent {
    client: Client,
    config: AgentConfig,
    toolbox: Toolbox,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    shared: Arc<Shared>,
}

impl Agent {
    /// An agent that measures with tokio's clock.
    #[must_use]
    pub fn new(client: Client, config: AgentConfig, toolbox: Toolbox) -> Self {
        let (clock, chance) = (Arc::new(TokioClock::default()), Arc::new(SystemChance));
        Self { client, config, toolbox, clock, chance, shared: Arc::default() }
    }

    /// The same agent with another source of chance for its pauses.
    #[must_use]
    pub fn with_chance(mut self, chance: Arc<dyn Chance>) -> Self {
        self.chance = chance;
        self
    }

    /// The same agent with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same agent for one conversation: its tool calls are other calls than those of another one.
    pub(crate) fn for_conversation(&self, conversation: &str) -> Self {
        Self { toolbox: self.toolbox.scoped(conversation), ..self.clone() }
    }

    /// The same agent for one task: its tool calls are other calls than those of another task, and the ledger that `make` makes
    /// of the one that is there, if any, knows them.
    pub(crate) fn for_task(
        &self,
        task: &str,
        make: impl FnOnce(Option<Arc<dyn Ledger>>) -> Arc<dyn Ledger>,
    ) -> Self {
        Self { toolbox: self.toolbox.for_task(task, make), ..self.clone() }
    }

    /// Asks the model `prompt` and runs tools until there is an answer.
    ///
    /// On success the conversation gains the prompt, the answer and everything between. On failure, and when the
    /// future is dropped, it stays as it was; tools that ran by then have run (the error lists them). The one exception
    /// is an answer that broke and is kept, see [`PartialPolicy::Keep`].
    ///
    /// # Errors
    /// [`AgentError`] for whatever left the prompt without an answer.
    pub async fn run<'a>(
        &'a self,
        conversation: &mut Conversation,
        prompt: &str,
        sink: &'a mut Sink<'a>,
    ) -> Result<Answer, AgentError> {
        self.run_steered(conversation, prompt, &Steering::unattended(), sink).await
    }

    /// As [`Agent::run`], with somebody's hand on it: who holds `steering` may say something else, cancel a tool call and answer
    /// what tools ask, while it works. A hand is for one run.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub async fn run_steered<'a>(
        &'a self,
        conversation: &mut Conversation,
        prompt: &str,
        steering: &Steering,
        sink: &'a mut Sink<'a>,
    ) -> Result<Answer, AgentError> {
        let span = trace::invoke_agent(&self.config, conversation.labels());
        self.run_told(conversation, prompt, steering, sink).instrument(span).await
    }

    async fn run_told<'a>(
        &'a self,
        conversation: &mut Conversation,
        prompt: &str,
        steering: &Steering,
        sink: &'a mut Sink<'a>,
    ) -> Result<Answer, AgentError> {
        let mut run = self.begin(conversation, steering, sink);
        let mut draft = None;
        let result = match conversation.draft(prompt) {
            Ok(started) => self.answer(draft.insert(started), conversation.labels(), &mut run).await,
            Err(cause) => Err(cause.into()),
        };
        self.ended(conversation, draft, result, run)
    }

    /// Goes on with a prompt in the middle: from the messages of its last [`AgentEvent::Checkpoint`], after the process that
    /// worked on it has gone. Calls that have no result yet are made, under their own ids: a [`tools::Ledger`] that was
    /// there before knows which of them were begun. On success the conversation becomes what it would have been; stats and
    /// usage count from here, turns go on.
    ///
    /// [`tools::Ledger`]: crate::tools::Ledger
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub async fn take_up<'a>(
        &'a self,
        conversation: &mut Conversation,
        checkpoint: Vec<Message>,
        sink: &'a mut Sink<'a>,
    ) -> Result<Answer, AgentError> {
        let span = trace::invoke_agent(&self.config, conversation.labels());
        self.take_up_told(conversation, checkpoint, sink).instrument(span).await
    }

    async fn take_up_told<'a>(
        &'a self,
        conversation: &mut Conversation,
        checkpoint: Vec<Message>,
        sink: &'a mut Sink<'a>,
    ) -> Result<Answer, AgentError> {
        let mut run = self.begin(conversation, &Steering::unattended(), sink);
        run.stats.turns = unfinished::turns(&checkpoint);
        let mut draft = Draft::of(checkpoint);
        let result = self.go_on(&mut draft, conversation.labels(), &mut run).await;
        self.ended(conversation, Some(draft), result, run)
    }

    async fn go_on(
        &self,
        draft: &mut Draft,
        labels: &Labels,
        run: &mut Run<'_>,
    ) -> Result<Reply, CallFailure> {
        let calls = unfinished::calls(draft.messages());
        if !calls.is_empty() {
            self.make(&calls, draft, run).await?;
        }
        self.answer(draft, labels, run).await
    }

    fn begin<'a>(
        &'a self,
        conversation: &Conversation,
        steering: &Steering,
        sink: &'a mut Sink<'a>,
    ) -> Run<'a> {
        let Labels { session, user } = conversation.labels().clone();
        let who = trace::Who { agent: self.config.name.clone(), session, user };
        Run::new(&*self.clock, sink, steering.clone()).of(who)
    }

    /// The end of a run: what the conversation takes over, and what its caller is told.
    fn ended(
        &self,
        conversation: &mut Conversation,
        draft: Option<Draft>,
        result: Result<Reply, CallFailure>,
        mut run: Run<'_>,
    ) -> Result<Answer, AgentError> {
        run.steering().close();
        let failure = result.as_ref().err().map(|failure| &failure.cause);
        trace::end_run(&Span::current(), run.stats.usage, failure);
        match result {
            Ok(reply) => {
                draft.into_iter().for_each(|draft| conversation.commit(draft));
                run.emit(AgentEvent::Finished { stop_reason: reply.stop_reason.clone() });
                Ok(Answer { text: reply.text(), stop_reason: reply.stop_reason, stats: run.finish() })
            }
            Err(failure) => {
                let kept = self.keep(conversation, draft, &failure);
                let CallFailure { cause, request_id, text, .. } = failure;
                let partial = Box::new(Partial { text, request_id, kept, stats: run.finish() });
                let error = AgentError { cause, partial };
                run.emit(AgentEvent::Failed { message: error.to_string() });
                Err(error)
            }
        }
    }

    /// Asks for the rest of an answer that was kept when it broke ([`Partial::kept`](crate::Partial)).
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub async fn resume<'a>(
        &'a self,
        conversation: &mut Conversation,
        sink: &'a mut Sink<'a>,
    ) -> Result<Answer, AgentError> {
        self.run(conversation, history::CONTINUE, sink).await
    }

    async fn answer(
        &self,
        draft: &mut Draft,
        labels: &Labels,
        run: &mut Run<'_>,
    ) -> Result<Reply, CallFailure> {
        for _ in 0..self.config.max_turns {
            run.start_turn();
            let tools = self.toolbox.configuration()?;
            let call = Call::new(&self.client, &self.config, &self.shared, &*self.chance, tools, run);
            let asked = self.ask(call, draft, labels, run).await?;
            let Some((reply, next)) = asked else {
                let text = run.abandon_turn();
                interrupt(&text, draft, run)?;
                continue;
            };
            match next {
                Next::Answer => {
                    draft.push(ConversationRole::Assistant, history::answer_turn(&reply))?;
                    let Some(text) = run.steering().last_word() else { return Ok(reply) };
                    redirect(text, draft, run)?;
                }
                Next::RunTools => {
                    self.run_tools(&reply, draft, run).await?;
                    interrupt("", draft, run)?;
                }
                Next::Fail(cause) => return Err(CallFailure::of_reply(cause, reply)),
            }
        }
        Err(Cause::MaxTurns { limit: self.config.max_turns }.into())
    }

    /// One model call; nothing where somebody went on in the middle of it.
    async fn ask(
        &self,
        call: Call<'_>,
        draft: &mut Draft,
        labels: &Labels,
        run: &mut Run<'_>,
    ) -> Result<Option<(Reply, Next)>, CallFailure> {
        let steering = run.steering().clone();
        let span = trace::chat(&self.config, labels);
        if let Some(capture) = self.config.capture.as_ref().filter(|_| !span.is_disabled()) {
            trace::sent(&span, &capture.messages(draft.messages()));
        }
        let asked = tokio::select! {
            biased;
            () = steering.redirected() => None,
            asked = Box::pin(call.ask(draft, run)).instrument(span.clone()) => Some(asked),
        };
        if !span.is_disabled() {
            self.tell(&span, asked.as_ref(), run);
        }
        asked.transpose()
    }

    /// Tells what a model call came to; nothing where somebody went on in the middle of it.
    fn tell(&self, span: &Span, asked: Option<&Result<(Reply, Next), CallFailure>>, run: &Run<'_>) {
        let reply = asked.and_then(|asked| asked.as_ref().ok()).map(|(reply, _)| reply);
        let failure = asked.and_then(|asked| asked.as_ref().err());
        let last = run.stats.attempts.last();
        let request_id =
            reply.map_or(failure.and_then(|it| it.request_id.as_deref()), |it| it.request_id.as_deref());
        let answered = trace::Answered {
            model: last.map_or(&*self.config.model_id, |attempt| &attempt.model),
            request_id,
            stop_reason: reply.map(|reply| reply.stop_reason.as_str()),
            usage: last.map(|attempt| attempt.usage).unwrap_or_default(),
            failure: asked.map_or(Some(&Cause::Redirected), |_| failure.map(|failure| &failure.cause)),
        };
        trace::end_chat(span, &answered, run.frames(), self.config.mode);
        if let Some((capture, reply)) = self.config.capture.as_ref().zip(reply) {
            trace::received(span, &capture.answer(&history::answer_turn(reply), reply.stop_reason.as_str()));
        }
    }

    /// Whether what there is of the answer went into the conversation.
    fn keep(&self, conversation: &mut Conversation, draft: Option<Draft>, failure: &CallFailure) -> bool {
        let wanted = self.config.calls.partial == PartialPolicy::Keep && failure.is_cut_text();
        let Some(mut draft) = draft.filter(|_| wanted) else { return false };
        let kept = draft.push(ConversationRole::Assistant, history::cut_turn(&failure.text)).is_ok();
        if kept {
            conversation.commit(draft);
        }
        kept
    }

    async fn run_tools(&self, reply: &Reply, draft: &mut Draft, run: &mut Run<'_>) -> Result<(), Cause> {
        let calls = history::calls(reply, run.turn());
        draft.push(ConversationRole::Assistant, history::tool_turn(reply, &calls)?)?;
        run.checkpoint(draft.messages());
        self.make(&calls, draft, run).await
    }

    /// Makes the calls of the last message.
    async fn make(&self, calls: &[history::Call], draft: &mut Draft, run: &mut Run<'_>) -> Result<(), Cause> {
        let outcomes = run_all(&self.toolbox, calls, &self.config, run).await;
        for (call, outcome) in calls.iter().zip(&outcomes) {
            run.record(call, outcome.status);
        }
        draft.push(ConversationRole::User, history::results(calls, &outcomes)?)?;
        run.checkpoint(draft.messages());
        Ok(())
    }
}

/// Goes on with what somebody said in the middle of a turn, of which `text` was shown.
fn interrupt(text: &str, draft: &mut Draft, run: &mut Run<'_>) -> Result<(), Cause> {
    let Some(next) = run.steering().take_redirect() else { return Ok(()) };
    draft.push(ConversationRole::Assistant, history::interrupted_turn(text))?;
    redirect(next, draft, run)
}

/// Takes what somebody said in between as the next prompt.
fn redirect(text: String, draft: &mut Draft, run: &mut Run<'_>) -> Result<(), Cause> {
    draft.push(ConversationRole::User, vec![ContentBlock::Text(text.clone())])?;
    run.emit(AgentEvent::Redirected { turn: run.turn(), text });
    Ok(())
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent")
            .field("config", &self.config)
            .field("toolbox", &self.toolbox)
            .finish_non_exhaustive()
    }
}
