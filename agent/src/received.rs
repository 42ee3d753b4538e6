//! Streams read to their end: every event in Bedrock's spelling, and how the stream ended.

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput;
use aws_sdk_bedrockruntime::operation::invoke_model_with_response_stream::InvokeModelWithResponseStreamOutput;
use aws_sdk_bedrockruntime::types::ResponseStream;
use serde_json::Value;

use crate::bedrock_json::stream_event;
use crate::cause::Cause;
use crate::fault;

/// What one ConverseStream delivered.
#[derive(Debug)]
pub struct Received {
    /// Each event's name and payload, in order of arrival.
    pub events: Vec<(String, Value)>,
    /// Why the stream broke, or `None` where it ended without an error. A silent end without `messageStop` is no
    /// error to the SDK, so look at `events` too.
    pub error: Option<Cause>,
    /// The service's request id.
    pub request_id: Option<String>,
}

/// Reads a ConverseStream to its end. Nothing bounds the wait: put a timeout around it.
pub async fn receive_events(mut output: ConverseStreamOutput) -> Received {
    let request_id = output.request_id().map(str::to_owned);
    let mut events = Vec::new();
    let error = loop {
        match output.stream.recv().await {
            Ok(Some(event)) => {
                let (name, payload) = stream_event(&event);
                events.push((name.to_owned(), payload));
            }
            Ok(None) => break None,
            Err(error) => break Some(fault::in_stream(&error, request_id.as_deref())),
        }
    };
    Received { events, error, request_id }
}

/// What one InvokeModelWithResponseStream delivered.
#[derive(Debug)]
pub struct ReceivedChunks {
    /// The inner bytes of each chunk: the model's own JSON, base64 already undone.
    pub chunks: Vec<Vec<u8>>,
    /// Why the stream broke, or `None` where it ended without an error.
    pub error: Option<Cause>,
    /// The service's request id.
    pub request_id: Option<String>,
}

/// Reads an InvokeModelWithResponseStream to its end. Nothing bounds the wait: put a timeout around it.
pub async fn receive_chunks(mut output: InvokeModelWithResponseStreamOutput) -> ReceivedChunks {
    let request_id = output.request_id().map(str::to_owned);
    let mut chunks = Vec::new();
    let error = loop {
        match output.body.recv().await {
            Ok(Some(ResponseStream::Chunk(part))) => {
                chunks.push(part.bytes.map(|bytes| bytes.into_inner()).unwrap_or_default());
            }
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(error) => break Some(fault::in_stream(&error, request_id.as_deref())),
        }
    };
    ReceivedChunks { chunks, error, request_id }
}
