//! One model call, unary or streaming: request out, a whole reply or a failure back.

use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput as StreamAnswer;
use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_sdk_bedrockruntime::types::{
    ConverseStreamOutput, InferenceConfiguration, Message, SystemContentBlock, ToolConfiguration,
};
use aws_smithy_types::Document;

use crate::assembly::{Assembly, Note};
use crate::bedrock_json::json_to_document;
use crate::config::{AgentConfig, Mode};
use crate::content_type::EventStreamOnly;
use crate::error::{Cause, Place};
use crate::fault;
use crate::reply::{Block, Reply};
use crate::run::Run;

/// A model call that gave no reply.
#[derive(Debug)]
pub(crate) struct CallFailure {
    pub(crate) cause: Cause,
    pub(crate) request_id: Option<String>,
    /// Text that had arrived.
    pub(crate) text: String,
}

impl From<Cause> for CallFailure {
    fn from(cause: Cause) -> Self {
        Self { cause, request_id: None, text: String::new() }
    }
}

/// Asks the model and counts the call's usage, once, whether it ended well or not.
pub(crate) async fn call(
    client: &Client,
    config: &AgentConfig,
    tools: Option<ToolConfiguration>,
    messages: &[Message],
    run: &mut Run<'_>,
) -> Result<Reply, CallFailure> {
    let request = Request::new(config, tools, messages);
    match config.mode {
        Mode::Unary => unary(client, config, request, run).await,
        Mode::Streaming => streaming(client, config, request, run).await,
    }
}

struct Request {
    messages: Vec<Message>,
    system: Option<Vec<SystemContentBlock>>,
    inference: InferenceConfiguration,
    tools: Option<ToolConfiguration>,
    additional: Option<Document>,
}

impl Request {
    fn new(config: &AgentConfig, tools: Option<ToolConfiguration>, messages: &[Message]) -> Self {
        let stop_sequences = (!config.stop_sequences.is_empty()).then(|| config.stop_sequences.clone());
        Self {
            messages: messages.to_vec(),
            system: config.system.clone().map(|text| vec![SystemContentBlock::Text(text)]),
            inference: InferenceConfiguration::builder()
                .max_tokens(i32::try_from(config.max_tokens.max(1)).unwrap_or(i32::MAX))
                .set_temperature(config.temperature)
                .set_stop_sequences(stop_sequences)
                .build(),
            tools,
            additional: config.additional_request_fields.as_ref().map(json_to_document),
        }
    }
}

async fn unary(
    client: &Client,
    config: &AgentConfig,
    request: Request,
    run: &mut Run<'_>,
) -> Result<Reply, CallFailure> {
    let sent = client
        .converse()
        .model_id(&config.model_id)
        .set_messages(Some(request.messages))
        .set_system(request.system)
        .inference_config(request.inference)
        .set_tool_config(request.tools)
        .set_additional_model_request_fields(request.additional)
        .send()
        .await;
    let output = match sent {
        Ok(output) => output,
        Err(error) => {
            run.count_usage(None);
            let request_id = fault::request_id(&error);
            return Err(CallFailure { cause: fault::before_answer(&error), request_id, text: String::new() });
        }
    };
    run.saw_event();
    let reply = Reply::from_unary(output);
    for note in unary_notes(&reply) {
        run.note(note);
    }
    run.count_usage(reply.usage.as_ref());
    Ok(reply)
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

async fn streaming(
    client: &Client,
    config: &AgentConfig,
    request: Request,
    run: &mut Run<'_>,
) -> Result<Reply, CallFailure> {
    let sending = client
        .converse_stream()
        .model_id(&config.model_id)
        .set_messages(Some(request.messages))
        .set_system(request.system)
        .inference_config(request.inference)
        .set_tool_config(request.tools)
        .set_additional_model_request_fields(request.additional)
        .customize()
        .interceptor(EventStreamOnly)
        .send();
    let output = match within(config.event_timeout, sending).await {
        Some(Ok(output)) => output,
        Some(Err(error)) => {
            run.count_usage(None);
            let request_id = fault::request_id(&error);
            return Err(CallFailure { cause: fault::before_answer(&error), request_id, text: String::new() });
        }
        None => {
            run.count_usage(None);
            return Err(silence(Place::BeforeAnswer, config.event_timeout).into());
        }
    };
    read(output, config, run).await
}

/// Reads a stream into a reply.
async fn read(
    mut output: StreamAnswer,
    config: &AgentConfig,
    run: &mut Run<'_>,
) -> Result<Reply, CallFailure> {
    let request_id = output.request_id().map(str::to_owned);
    let mut assembly = Assembly::default();
    let ended = until_stop(&mut output.stream, config, request_id.as_deref(), &mut assembly, run).await;
    if ended.is_ok() {
        settle(&mut output.stream, config, request_id.as_deref(), &mut assembly, run).await;
    }
    run.count_usage(assembly.usage());
    let text = assembly.text();
    let reply = ended.and_then(|()| assembly.finish(request_id.clone()).ok_or(Cause::Incomplete));
    reply.map_err(|cause| CallFailure { cause, request_id, text })
}

type Receiver = EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>;

/// Takes events up to `messageStop`. A stream that ends before is incomplete, whatever the SDK says.
async fn until_stop(
    stream: &mut Receiver,
    config: &AgentConfig,
    request_id: Option<&str>,
    assembly: &mut Assembly,
    run: &mut Run<'_>,
) -> Result<(), Cause> {
    while !assembly.is_stopped() {
        let received = within(config.event_timeout, stream.recv()).await;
        let received = received.ok_or_else(|| silence(Place::InStream, config.event_timeout))?;
        let event =
            received.map_err(|error| fault::in_stream(&error, request_id))?.ok_or(Cause::Incomplete)?;
        run.saw_event();
        run.note(assembly.take(event).map_err(|error| Cause::Protocol(error.to_string()))?);
    }
    Ok(())
}

/// Waits, a little, for what follows `messageStop`. The message is whole, so nothing here can spoil it.
async fn settle(
    stream: &mut Receiver,
    config: &AgentConfig,
    request_id: Option<&str>,
    assembly: &mut Assembly,
    run: &mut Run<'_>,
) {
    let rest = async {
        loop {
            match stream.recv().await {
                Ok(Some(event)) => match assembly.take(event) {
                    Ok(note) => run.note(note),
                    Err(error) => run.warn(format!("after messageStop: {error}")),
                },
                Ok(None) => break,
                Err(error) => {
                    run.warn(format!("after messageStop: {}", fault::in_stream(&error, request_id)));
                    break;
                }
            }
        }
    };
    if tokio::time::timeout(config.metadata_wait, rest).await.is_err() {
        run.warn("the stream stayed open after messageStop; its rest was not awaited".to_owned());
    }
}

/// The future's output, or `None` where the limit ran out first.
async fn within<F: Future>(limit: Option<Duration>, future: F) -> Option<F::Output> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, future).await.ok(),
        None => Some(future.await),
    }
}

fn silence(place: Place, limit: Option<Duration>) -> Cause {
    let detail = format!("nothing came for {:?}", limit.unwrap_or_default());
    Cause::Transport { place, timeout: true, detail }
}
