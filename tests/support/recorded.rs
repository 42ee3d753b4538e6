//! Recordings of another tool for the tests of the command line: nock's, since hex needs no help.

#![allow(dead_code, reason = "each test file uses a part of this module")]

use faultline_wire::{Event, FramedEvent};
use serde_json::{Value, json};

pub(crate) const MODEL: &str = "amazon.nova-lite-v1:0";

/// The frames of a stream that says these texts.
pub(crate) fn stream(texts: &[&str]) -> Vec<u8> {
    let delta = |text: &&str| ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": text}}));
    let mut events = vec![("messageStart", json!({"role": "assistant"}))];
    events.extend(texts.iter().map(delta));
    events.extend([
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        ("messageStop", json!({"stopReason": "end_turn"})),
    ]);
    let frame = |(name, payload): (&str, Value)| {
        FramedEvent { event: Event::from_payload(name, payload), padding: Some(3) }.encode().unwrap()
    };
    events.into_iter().flat_map(frame).collect()
}

/// A unary answer that says this.
pub(crate) fn unary(text: &str) -> Value {
    json!({
        "metrics": {"latencyMs": 3},
        "output": {"message": {"role": "assistant", "content": [{ "text": text }]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
    })
}

/// A request that says this.
pub(crate) fn asked(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": [{ "text": text }]}]})
}

/// One exchange as nock has it.
pub(crate) fn nock(operation: &str, text: &str, status: u16, answer: &Answer) -> Value {
    let (response, is_binary, kind) = match answer {
        Answer::Stream(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            (json!(hex), true, "application/vnd.amazon.eventstream")
        }
        Answer::Json(value) => (value.clone(), false, "application/json"),
    };
    json!({
        "scope": "https://bedrock-runtime.eu-west-3.amazonaws.com:443", "method": "POST",
        "path": format!("/model/amazon.nova-lite-v1%3A0/{operation}"), "body": asked(text),
        "status": status, "response": response, "responseIsBinary": is_binary,
        "rawHeaders": ["Content-Type", kind, "x-amzn-RequestId", "5a2c"],
        "reqheaders": {"content-type": "application/json"},
    })
}

/// An answer.
pub(crate) enum Answer {
    Stream(Vec<u8>),
    Json(Value),
}

/// A suite's recording: a stream, then a unary answer.
pub(crate) fn both() -> String {
    let stream = nock("converse-stream", "stream", 200, &Answer::Stream(stream(&["Grü", "ße."])));
    let unary = nock("converse", "unary", 200, &Answer::Json(unary("Yes, “quoted”.")));
    json!([stream, unary]).to_string()
}
