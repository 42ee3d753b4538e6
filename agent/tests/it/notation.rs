//! The notation of scripted answers: event-stream frames and JSON bodies, encoded here with the codec alone.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::{Value, json};

/// One piece of a body.
#[derive(Clone)]
pub(crate) enum Piece {
    Data(Bytes),
    /// The connection breaks.
    Break,
    /// Nothing more ever comes.
    Hang,
    /// So many milliseconds pass.
    Wait(u64),
}

/// One scripted answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<Piece>,
}

pub(crate) fn frame(
    kind_header: &'static str,
    kind: &str,
    message_type: &'static str,
    payload: Bytes,
) -> Piece {
    let header =
        |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
    let message = Message::new(payload)
        .add_header(header(kind_header, kind))
        .add_header(header(":content-type", "application/json"))
        .add_header(header(":message-type", message_type));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    Piece::Data(bytes.into())
}

pub(crate) fn event(name: &str, payload: Value) -> Piece {
    frame(":event-type", name, "event", payload.to_string().into())
}

// The notation of a stream, one function per event.
pub(crate) fn ms() -> Piece {
    event("messageStart", json!({"role": "assistant"}))
}
pub(crate) fn text(block: i32, text: &str) -> Piece {
    event("contentBlockDelta", json!({"contentBlockIndex": block, "delta": {"text": text}}))
}
pub(crate) fn tool(block: i32, id: &str, name: &str) -> Piece {
    let start = json!({"toolUse": {"name": name, "toolUseId": id}});
    event("contentBlockStart", json!({"contentBlockIndex": block, "start": start}))
}
pub(crate) fn frag(block: i32, input: &str) -> Piece {
    event("contentBlockDelta", json!({"contentBlockIndex": block, "delta": {"toolUse": {"input": input}}}))
}
pub(crate) fn reasoning(block: i32, member: &str, value: &str) -> Piece {
    let delta = json!({"reasoningContent": {member: value}});
    event("contentBlockDelta", json!({"contentBlockIndex": block, "delta": delta}))
}
pub(crate) fn close(block: i32) -> Piece {
    event("contentBlockStop", json!({"contentBlockIndex": block}))
}
pub(crate) fn stop(reason: &str) -> Piece {
    event("messageStop", json!({"stopReason": reason}))
}
pub(crate) fn meta(input: i32, output: i32) -> Piece {
    let usage = json!({"inputTokens": input, "outputTokens": output, "totalTokens": input + output});
    event("metadata", json!({"metrics": {"latencyMs": 5}, "usage": usage}))
}
pub(crate) fn exception(kind: &str, message: &str) -> Piece {
    frame(":exception-type", kind, "exception", json!({"message": message}).to_string().into())
}

/// A stream answer.
pub(crate) fn stream(body: impl IntoIterator<Item = Piece>) -> Reply {
    let headers = vec![
        ("content-type", "application/vnd.amazon.eventstream".to_owned()),
        ("x-amzn-requestid", "req-1".to_owned()),
    ];
    Reply { status: 200, headers, body: body.into_iter().collect() }
}

/// A stream that says `words` and ends well.
pub(crate) fn says(words: &str) -> Reply {
    stream([ms(), text(0, words), close(0), stop("end_turn"), meta(10, 2)])
}

/// A stream that calls one tool with an input in the given fragments.
pub(crate) fn calls(id: &str, name: &str, fragments: &[&str]) -> Reply {
    let mut body = vec![ms(), tool(0, id, name)];
    body.extend(fragments.iter().map(|input| frag(0, input)));
    body.extend([close(0), stop("tool_use"), meta(10, 2)]);
    stream(body)
}

/// A JSON answer.
pub(crate) fn body(status: u16, error_type: Option<&str>, body: &Value) -> Reply {
    let mut headers =
        vec![("content-type", "application/json".to_owned()), ("x-amzn-requestid", "req-1".to_owned())];
    headers.extend(error_type.map(|kind| {
        ("x-amzn-errortype", format!("{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/"))
    }));
    Reply { status, headers, body: vec![Piece::Data(body.to_string().into())] }
}

/// A unary answer with the given content.
pub(crate) fn unary(stop_reason: &str, content: Value) -> Reply {
    let usage = json!({"inputTokens": 10, "outputTokens": 2, "totalTokens": 12});
    let message = json!({"role": "assistant", "content": content});
    let answer = json!({
        "metrics": {"latencyMs": 5}, "output": {"message": message}, "stopReason": stop_reason, "usage": usage
    });
    body(200, None, &answer)
}
