//! Recorded real streams, through the SDK and back into Bedrock's spelling: the events that were sent.

use std::path::Path;

use aws_smithy_eventstream::frame::read_message_from;
use base64::Engine as _;
use bytes::Bytes;
use faultline_agent::bedrock_json::converse_output;
use faultline_agent::received::{receive_chunks, receive_events};
use serde_json::{Value, json};

use crate::script::{Piece, Server, body, stream};
use crate::spelling::{assert_same, one_token, user};

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Drops what the SDK's model does not have, as far as real recordings show it.
fn modelled(mut payload: Value) -> Value {
    let members = payload.as_object_mut().unwrap();
    members.remove("p");
    if let Some(usage) = members.get_mut("usage").and_then(Value::as_object_mut) {
        for key in ["serverToolUsage", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"] {
            usage.remove(key);
        }
    }
    payload
}

/// Name and payload of every frame; exceptions end with their type.
fn frames(bytes: &[u8]) -> (Vec<(String, Value)>, Option<String>) {
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut events = Vec::new();
    while !rest.is_empty() {
        let message = read_message_from(&mut rest).unwrap();
        let header = |name: &str| {
            let header = message.headers().iter().find(|header| header.name().as_str() == name);
            header.map(|header| header.value().as_string().unwrap().as_str().to_owned())
        };
        match header(":event-type") {
            Some(name) => events.push((name, modelled(serde_json::from_slice(message.payload()).unwrap()))),
            None => return (events, header(":exception-type")),
        }
    }
    (events, None)
}

#[tokio::test]
async fn every_recorded_stream_reaches_the_sdk_with_the_same_events() {
    let Some(corpus) = crate::support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let mut played = 0;
    for entry in lines(&corpus.join("streams.jsonl")) {
        let bytes = std::fs::read(corpus.join(entry["file"].as_str().unwrap())).unwrap();
        let (sent, exception) = frames(&bytes);
        let server = Server::new([stream([Piece::Data(bytes.into())])]);
        let (received, error) = if entry["op"] == "converse-stream" {
            let call = server.client().converse_stream().model_id("m").set_messages(Some(vec![user()]));
            let received = receive_events(call.inference_config(one_token()).send().await.unwrap()).await;
            (received.events, received.error)
        } else {
            let request = json!({"inferenceConfig": {"maxTokens": 1}, "messages": [{"role": "user", "content": [{"text": "x"}]}]});
            let body = aws_sdk_bedrockruntime::primitives::Blob::new(request.to_string());
            let call = server.client().invoke_model_with_response_stream().model_id("m").body(body);
            let received = receive_chunks(call.send().await.unwrap()).await;
            let spelled = |bytes: &Vec<u8>| {
                let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
                ("chunk".to_owned(), json!({ "bytes": base64 }))
            };
            (received.chunks.iter().map(spelled).collect(), received.error)
        };
        let as_json = |events: &Vec<(String, Value)>| json!(events);
        assert_same(&entry["id"].to_string(), &as_json(&received), &as_json(&sent));
        assert_eq!(error.is_some(), exception.is_some(), "{}", entry["id"]);
        let kind = exception.unwrap_or_default();
        assert!(error.is_none_or(|error| error.to_string().starts_with(&kind)), "{}", entry["id"]);
        played += 1;
    }
    assert_eq!(played, 111);
}

#[tokio::test]
async fn every_recorded_unary_answer_reaches_the_sdk_with_the_same_members() {
    let Some(corpus) = crate::support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let mut played = 0;
    for entry in lines(&corpus.join("unary.jsonl")).into_iter().filter(|entry| entry["op"] == "converse") {
        let text = entry["response_raw"].as_str().map(str::to_owned);
        let sent =
            text.map_or_else(|| entry["response"].clone(), |text| serde_json::from_str(&text).unwrap());
        let server = Server::new([body(200, None, &sent)]);
        let call = server.client().converse().model_id("m").set_messages(Some(vec![user()]));
        let output = call.inference_config(one_token()).send().await.unwrap();
        assert_same(&entry["id"].to_string(), &converse_output(&output), &modelled(sent));
        played += 1;
    }
    assert!(played > 70, "{played}");
}
