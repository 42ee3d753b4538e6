//! The loop: ask, run the tools that were asked for, ask again, until there is an answer.

use std::sync::Arc;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::ConversationRole;

use crate::clock::{Clock, TokioClock};
use crate::config::AgentConfig;
use crate::conversation::{Conversation, Draft};
use crate::decide::{Next, decide};
use crate::error::{AgentError, Cause, Partial};
use crate::events::{AgentEvent, Sink};
use crate::history;
use crate::model_call::{self, CallFailure};
use crate::reply::Reply;
use crate::run::Run;
use crate::stats::Answer;
use crate::tool_run::run_all;
use crate::tools::Toolbox;

/// An agent: a client, its settings and its tools. It holds no conversation and may serve many at once.
#[derive(Clone)]
pub struct Agent {
    client: Client,
    config: AgentConfig,
    toolbox: Toolbox,
    clock: Arc<dyn Clock>,
}

impl Agent {
    /// An agent that measures with tokio's clock.
    #[must_use]
    pub fn new(client: Client, config: AgentConfig, toolbox: Toolbox) -> Self {
        Self { client, config, toolbox, clock: Arc::new(TokioClock::default()) }
    }

    /// The same agent with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Asks the model `prompt` and runs tools until there is an answer.
    ///
    /// On success the conversation gains the prompt, the answer and everything between. On failure, and when the
    /// future is dropped, it stays as it was; tools that ran by then have run (the error lists them).
    ///
    /// # Errors
    /// [`AgentError`] for whatever left the prompt without an answer.
    pub async fn run<'a>(
        &'a self,
        conversation: &mut Conversation,
        prompt: &str,
        sink: &'a mut Sink<'a>,
    ) -> Result<Answer, AgentError> {
        let mut run = Run::new(&*self.clock, sink);
        match self.answer(conversation, prompt, &mut run).await {
            Ok((draft, reply)) => {
                conversation.commit(draft);
                run.emit(AgentEvent::Finished { stop_reason: reply.stop_reason.clone() });
                Ok(Answer { text: reply.text(), stop_reason: reply.stop_reason, stats: run.finish() })
            }
            Err(CallFailure { cause, request_id, text }) => {
                let partial = Box::new(Partial { text, request_id, stats: run.finish() });
                let error = AgentError { cause, partial };
                run.emit(AgentEvent::Failed { message: error.to_string() });
                Err(error)
            }
        }
    }

    async fn answer(
        &self,
        conversation: &Conversation,
        prompt: &str,
        run: &mut Run<'_>,
    ) -> Result<(Draft, Reply), CallFailure> {
        let mut draft = conversation.draft(prompt)?;
        for _ in 0..self.config.max_turns {
            run.start_turn();
            let tools = self.toolbox.configuration()?;
            let reply = model_call::call(&self.client, &self.config, tools, draft.messages(), run).await?;
            match decide(&reply) {
                Next::Answer => {
                    draft.push(ConversationRole::Assistant, history::answer_turn(&reply))?;
                    return Ok((draft, reply));
                }
                Next::RunTools => self.run_tools(&reply, &mut draft, run).await?,
                Next::Fail(cause) => {
                    return Err(CallFailure { cause, text: reply.text(), request_id: reply.request_id });
                }
            }
        }
        Err(Cause::MaxTurns { limit: self.config.max_turns }.into())
    }

    async fn run_tools(&self, reply: &Reply, draft: &mut Draft, run: &mut Run<'_>) -> Result<(), Cause> {
        let calls = history::calls(reply, run.turn());
        draft.push(ConversationRole::Assistant, history::tool_turn(reply, &calls)?)?;
        let outcomes = run_all(&self.toolbox, &calls, &self.config, run).await;
        for (call, outcome) in calls.iter().zip(&outcomes) {
            run.record(call, outcome.status);
        }
        draft.push(ConversationRole::User, history::results(&calls, &outcomes)?)
    }
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent")
            .field("config", &self.config)
            .field("toolbox", &self.toolbox)
            .finish_non_exhaustive()
    }
}
