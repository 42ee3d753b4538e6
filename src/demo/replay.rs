//! One recording through the SDK: were the events received that were recorded?

use super::stage::Stage;
use crate::exit::Failure;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
use faultline_agent::Cause;
use faultline_agent::received::{receive_chunks, receive_events};
use faultline_dashboards::Replay;
use faultline_recorder::import::Recording;
use faultline_wire::decoder::decode_all;
use faultline_wire::{Event, FramedEvent, Operation};
use serde_json::{Value, json};

/// Members that Bedrock sends and the service model does not have: no SDK can hand them on.
const UNMODELLED: [&str; 3] = ["serverToolUsage", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"];

/// What can be compared of a recording, besides its scenario, which the server plays.
pub(crate) struct Original {
    name: String,
    operation: Operation,
    model_id: String,
    bytes: u64,
    events: Vec<Event>,
}

impl Original {
    /// Keeps what is compared.
    pub(crate) fn of(recording: &Recording) -> Self {
        // The importer has decoded them before: there is no fault in these bytes.
        let (frames, _) = decode_all(&recording.bytes);
        let events = frames.iter().filter_map(FramedEvent::from_frame).map(|framed| framed.event).collect();
        Self {
            name: recording.name.clone(),
            operation: recording.operation,
            model_id: recording.model_id.clone(),
            bytes: recording.bytes.len() as u64,
            events,
        }
    }
}

/// Plays one recording and compares.
///
/// # Errors
/// When no client can be made.
pub(crate) async fn replay(stage: &Stage, original: &Original) -> Result<Replay, Failure> {
    let client = stage.client(&original.name)?;
    let received = match original.operation {
        Operation::InvokeModelWithResponseStream => invoke(&client, original).await,
        _ => converse(&client, original).await,
    };
    let difference = received.and_then(|received| compare(&expected(original), &received)).err();
    Ok(Replay {
        id: original.name.clone(),
        operation: original.operation.name().to_owned(),
        model: original.model_id.clone(),
        frames: original.events.len() as u64,
        bytes: original.bytes,
        identical: difference.is_none(),
        note: difference.unwrap_or_default(),
    })
}

/// Events as name and payload.
type Events = Vec<(String, Value)>;

async fn converse(client: &Client, original: &Original) -> Result<Events, String> {
    let message =
        Message::builder().role(ConversationRole::User).content(ContentBlock::Text("Play.".into())).build();
    let request =
        client.converse_stream().model_id(&original.model_id).messages(message.map_err(|e| e.to_string())?);
    let output = request.send().await.map_err(|error| format!("{:?}", error.into_service_error()))?;
    let received = receive_events(output).await;
    Ok(with_error(received.events, received.error))
}

async fn invoke(client: &Client, original: &Original) -> Result<Events, String> {
    let request =
        client.invoke_model_with_response_stream().model_id(&original.model_id).body(Blob::new("{}"));
    let output = request.send().await.map_err(|error| format!("{:?}", error.into_service_error()))?;
    let received = receive_chunks(output).await;
    let chunks = received
        .chunks
        .iter()
        .map(|chunk| ("chunk".to_owned(), json!(String::from_utf8_lossy(chunk))))
        .collect();
    Ok(with_error(chunks, received.error))
}

/// A stream that ends in an exception has one event more: its type and message.
fn with_error(mut events: Events, error: Option<Cause>) -> Events {
    events.extend(error.map(|error| match error {
        Cause::Service(fault) => (fault.kind, json!(fault.message)),
        other => ("error".to_owned(), json!(other.to_string())),
    }));
    events
}

fn expected(original: &Original) -> Events {
    original.events.iter().map(expected_event).collect()
}

fn expected_event(event: &Event) -> (String, Value) {
    match event {
        Event::Chunk(bytes) => ("chunk".to_owned(), json!(String::from_utf8_lossy(bytes))),
        Event::Exception { name, payload } => (name.clone(), payload["message"].clone()),
        event => (event.name().to_owned(), event.payload()),
    }
}

fn compare(expected: &Events, received: &Events) -> Result<(), String> {
    if expected.len() != received.len() {
        return Err(format!("{} events were recorded, {} received", expected.len(), received.len()));
    }
    for (number, (wanted, got)) in (1..).zip(expected.iter().zip(received)) {
        if !same(wanted, got) {
            return Err(format!(
                "event {number}: recorded {} {}, received {} {}",
                wanted.0, wanted.1, got.0, got.1
            ));
        }
    }
    Ok(())
}

fn same((name, wanted): &(String, Value), (got_name, got): &(String, Value)) -> bool {
    name == got_name && modelled(wanted) == *got
}

/// A payload without the members that no SDK knows.
fn modelled(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let known = members.iter().filter(|(name, _)| !UNMODELLED.contains(&name.as_str()));
            Value::Object(known.map(|(name, inner)| (name.clone(), modelled(inner))).collect())
        }
        Value::Array(items) => items.iter().map(modelled).collect(),
        scalar => scalar.clone(),
    }
}
