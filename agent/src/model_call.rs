//! One attempt of a model call, unary or streaming: request out, a whole reply or a failure back. It retries nothing.

use std::error::Error;
use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput as StreamAnswer;
use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::ConverseStreamOutput;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;

use crate::assembly::{self, Assembly, Note};
use crate::cause::{Cause, Place};
use crate::clock::Clock;
use crate::config::{AgentConfig, Mode};
use crate::content_type::EventStreamOnly;
use crate::deadline::Deadline;
use crate::failure::CallFailure;
use crate::fault;
use crate::patience::Patience;
use crate::reply::{Block, Reply};
use crate::request::Request;
use crate::run::Run;

/// What an attempt needs beside its request.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) client: &'a Client,
    pub(crate) config: &'a AgentConfig,
    pub(crate) mode: Mode,
    pub(crate) deadline: Deadline,
    /// How long the first event may take before the next model is asked.
    pub(crate) budget: Option<Duration>,
    pub(crate) clock: &'a dyn Clock,
}

impl Attempt<'_> {
    /// Sends the request and counts its usage, once, whether it ended well or not.
    pub(crate) async fn send(self, request: Request, run: &mut Run<'_>) -> Result<Reply, CallFailure> {
        match self.mode {
            Mode::Unary => unary(self, request, run).await,
            Mode::Streaming => streaming(self, request, run).await,
        }
    }

    /// Waits for something that `limit` and the deadline bound.
    async fn wait<F: Future>(self, place: Place, patience: Patience, future: F) -> Result<F::Output, Cause> {
        let limit = self.deadline.within(self.clock.now(), patience.limit);
        let Some(limit) = limit else { return Ok(future.await) };
        let budget = patience.budget.filter(|_| patience.limit == Some(limit));
        let silence = || {
            let is_over = self.deadline.left(self.clock.now()).is_some_and(|left| left.is_zero());
            let why = if is_over { ", and the time for the whole call is over" } else { "" };
            Cause::Transport { place, timeout: true, detail: format!("nothing came for {limit:?}{why}") }
        };
        let over = |budget| Cause::OverBudget { budget };
        tokio::time::timeout(limit, future).await.map_err(|_| budget.map_or_else(silence, over))
    }

    /// How long the next event may take, or the first.
    fn patience(self, started: Duration, run: &Run<'_>) -> Patience {
        if run.first_event().is_some() {
            return Patience::of(self.config.event_timeout);
        }
        let waited = run.now().saturating_sub(started);
        let left = self.config.first_event_timeout.map(|limit| limit.saturating_sub(waited));
        Patience::of(left.or(self.config.event_timeout)).within(self.budget, waited)
    }
}

async fn unary(attempt: Attempt<'_>, request: Request, run: &mut Run<'_>) -> Result<Reply, CallFailure> {
    let sending = attempt
        .client
        .converse()
        .model_id(request.model)
        .set_messages(Some(request.messages))
        .set_system(request.system)
        .inference_config(request.inference)
        .set_tool_config(request.tools)
        .set_additional_model_request_fields(request.additional)
        .send();
    let patience = Patience::of(attempt.config.first_event_timeout).within(attempt.budget, Duration::ZERO);
    let sent = attempt.wait(Place::BeforeAnswer, patience, sending).await;
    let output = match answered(sent) {
        Ok(output) => output,
        Err(failure) => {
            run.count_usage(None);
            return Err(failure);
        }
    };
    run.saw_event(None);
    let reply = Reply::from_unary(output);
    for note in unary_notes(&reply) {
        run.note(note);
    }
    run.count_usage(reply.usage.as_ref());
    Ok(reply)
}

type Sent<T, E> = Result<Result<T, SdkError<E, HttpResponse>>, Cause>;

/// The answer, or why there is none: an error, or silence.
fn answered<T, E>(sent: Sent<T, E>) -> Result<T, CallFailure>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    sent?.map_err(|error| CallFailure {
        cause: fault::before_answer(&error),
        request_id: fault::request_id(&error),
        text: String::new(),
        retry_after: fault::retry_after(&error),
    })
}

/// What the blocks of a unary answer mean to a watcher: the same notes as a stream's.
fn unary_notes(reply: &Reply) -> Vec<Note> {
    let blocks = reply.blocks.iter().enumerate().map(|(position, block)| {
        let at = i32::try_from(position).unwrap_or(i32::MAX);
        match block {
            Block::Text(text) => Note::Text { block: at, text: text.clone() },
            Block::Reasoning(reasoning) => match reasoning.as_reasoning_text() {
                Ok(text) => Note::Reasoning { block: at, text: text.text.clone() },
                Err(_) => Note::Nothing,
            },
            Block::Tool(tool) => Note::ToolClosed(tool.clone()),
            Block::Other(_) => Note::Nothing,
        }
    });
    blocks.chain([Note::Stopped(reply.stop_reason.clone())]).collect()
}

async fn streaming(attempt: Attempt<'_>, request: Request, run: &mut Run<'_>) -> Result<Reply, CallFailure> {
    let started = run.now();
    let sending = attempt
        .client
        .converse_stream()
        .model_id(request.model)
        .set_messages(Some(request.messages))
        .set_system(request.system)
        .inference_config(request.inference)
        .set_tool_config(request.tools)
        .set_additional_model_request_fields(request.additional)
        .customize()
        .interceptor(EventStreamOnly)
        .send();
    let sent = attempt.wait(Place::BeforeAnswer, attempt.patience(started, run), sending).await;
    match answered(sent) {
        Ok(output) => read(output, attempt, started, run).await,
        Err(failure) => {
            run.count_usage(None);
            Err(failure)
        }
    }
}

/// Reads a stream into a reply.
async fn read(
    mut output: StreamAnswer,
    attempt: Attempt<'_>,
    started: Duration,
    run: &mut Run<'_>,
) -> Result<Reply, CallFailure> {
    let request_id = output.request_id().map(str::to_owned);
    let mut stream =
        Stream { receiver: &mut output.stream, request_id: request_id.as_deref(), attempt, started };
    let mut assembly = Assembly::default();
    let ended = stream.until_stop(&mut assembly, run).await;
    match &ended {
        Ok(()) => stream.settle(&mut assembly, run).await,
        Err(Cause::Protocol(_)) => stream.bill(&mut assembly).await,
        Err(_) => {}
    }
    run.count_usage(assembly.usage());
    let text = assembly.text();
    let reply = ended.and_then(|()| assembly.finish(request_id.clone()).ok_or(Cause::Incomplete));
    reply.map_err(|cause| CallFailure { cause, request_id, text, retry_after: None })
}

struct Stream<'a> {
    receiver: &'a mut EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>,
    request_id: Option<&'a str>,
    attempt: Attempt<'a>,
    started: Duration,
}

impl Stream<'_> {
    /// Takes events up to `messageStop`. A stream that ends before is incomplete, whatever the SDK says.
    async fn until_stop(&mut self, assembly: &mut Assembly, run: &mut Run<'_>) -> Result<(), Cause> {
        while !assembly.is_stopped() {
            let limit = self.attempt.patience(self.started, run);
            let received = self.attempt.wait(Place::InStream, limit, self.receiver.recv()).await?;
            let event = received
                .map_err(|error| fault::in_stream(&error, self.request_id))?
                .ok_or(Cause::Incomplete)?;
            run.saw_event(Some(assembly::name(&event)));
            run.note(assembly.take(event).map_err(|error| Cause::Protocol(error.to_string()))?);
        }
        Ok(())
    }

    /// Waits, a little, for what follows `messageStop`. The message is whole, so nothing here can spoil it.
    async fn settle(&mut self, assembly: &mut Assembly, run: &mut Run<'_>) {
        let limit = self.attempt.config.metadata_wait;
        if tokio::time::timeout(limit, self.rest(assembly, run)).await.is_err() {
            run.warn("the stream stayed open after messageStop; its rest was not awaited".to_owned());
        }
    }

    /// Waits, a little, for the usage of a message that makes no sense: it costs all the same.
    async fn bill(&mut self, assembly: &mut Assembly) {
        let usage = async {
            while let Ok(Some(event)) = self.receiver.recv().await {
                if event.is_metadata() {
                    // The event that tells the usage is in order everywhere.
                    let _ = assembly.take(event);
                }
            }
        };
        let _ = tokio::time::timeout(self.attempt.config.metadata_wait, usage).await;
    }

    async fn rest(&mut self, assembly: &mut Assembly, run: &mut Run<'_>) {
        loop {
            match self.receiver.recv().await {
                Ok(Some(event)) => {
                    run.saw_event(Some(assembly::name(&event)));
                    match assembly.take(event) {
                        Ok(note) => run.note(note),
                        Err(error) => run.warn(format!("after messageStop: {error}")),
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    run.warn(format!("after messageStop: {}", fault::in_stream(&error, self.request_id)));
                    return;
                }
            }
        }
    }
}
