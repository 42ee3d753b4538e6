//! Stream events: ConverseStream's six, the invoke streams' `chunk`, and exceptions.
//!
//! Typed where we act on a member (index, text, tool input, stop reason); every other member is carried as
//! the JSON it is, so that a recorded frame re-encodes to the same bytes. A payload that does not fit its
//! event's shape is carried whole as [`Event::Other`]: scenarios may ask for illegal events.

use crate::canon;
use crate::frame::{EncodeError, Frame};
use crate::padding;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// Members that we carry without acting on them.
pub type Extra = Map<String, Value>;

/// The change that a contentBlockDelta brings: exactly one union member.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// `text`.
    Text(String),
    /// `toolUse.input`: a fragment of JSON text.
    ToolInput(String),
    /// `reasoningContent`: text, signature or redactedContent.
    Reasoning(Value),
    /// Any other member (citation, toolResult, image), whole.
    Other(Value),
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// `messageStart`: always first.
    MessageStart {
        /// The role, `assistant`.
        role: String,
    },
    /// `contentBlockStart`: sent for toolUse, toolResult and image blocks only, never for text.
    ContentBlockStart {
        /// contentBlockIndex.
        index: u64,
        /// The `start` union.
        start: Value,
    },
    /// `contentBlockDelta`.
    ContentBlockDelta {
        /// contentBlockIndex.
        index: u64,
        /// The `delta` union.
        delta: Delta,
    },
    /// `contentBlockStop`: sent for every block.
    ContentBlockStop {
        /// contentBlockIndex.
        index: u64,
    },
    /// `messageStop`: without it no message is complete.
    MessageStop {
        /// The stop reason.
        stop_reason: String,
        /// additionalModelResponseFields, and members unknown to us.
        extra: Extra,
    },
    /// `metadata`: always last; usage, metrics, trace.
    Metadata(Extra),
    /// `chunk` of the invoke streams: the model's own JSON.
    Chunk(Bytes),
    /// A modelled (or any other) exception frame.
    Exception {
        /// The `:exception-type`, lower camel case.
        name: String,
        /// The payload, `message` included.
        payload: Value,
    },
    /// An event that we do not know, or a known one whose payload has another shape.
    Other {
        /// The `:event-type`.
        name: String,
        /// The payload.
        payload: Value,
    },
}

/// An event with the padding that its frame carries.
#[derive(Clone, Debug, PartialEq)]
pub struct FramedEvent {
    /// The event.
    pub event: Event,
    /// The length of `p`; `None` writes no `p`, as exceptions and streams before 2025 have none.
    pub padding: Option<u8>,
}

impl Event {
    /// The event type or exception type.
    pub fn name(&self) -> &str {
        match self {
            Self::MessageStart { .. } => "messageStart",
            Self::ContentBlockStart { .. } => "contentBlockStart",
            Self::ContentBlockDelta { .. } => "contentBlockDelta",
            Self::ContentBlockStop { .. } => "contentBlockStop",
            Self::MessageStop { .. } => "messageStop",
            Self::Metadata(_) => "metadata",
            Self::Chunk(_) => "chunk",
            Self::Exception { name, .. } | Self::Other { name, .. } => name,
        }
    }

    /// The contentBlockIndex of block events.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::ContentBlockStart { index, .. }
            | Self::ContentBlockDelta { index, .. }
            | Self::ContentBlockStop { index } => Some(*index),
            Self::Other { payload, .. } => payload.get("contentBlockIndex").and_then(Value::as_u64),
            _ => None,
        }
    }

    /// The event of type `name` with this payload (`p` removed).
    pub fn from_payload(name: &str, payload: Value) -> Self {
        let read = match name {
            "messageStart" => message_start(&payload),
            "contentBlockStart" => block_start(&payload),
            "contentBlockDelta" => block_delta(&payload),
            "contentBlockStop" => only(&payload, &["contentBlockIndex"])
                .and_then(|()| Some(Self::ContentBlockStop { index: index(&payload)? })),
            "messageStop" => message_stop(&payload),
            "metadata" => payload.as_object().cloned().map(Self::Metadata),
            "chunk" => chunk(&payload),
            _ => None,
        };
        read.unwrap_or_else(|| Self::Other { name: name.to_owned(), payload })
    }

    /// The payload, without padding.
    pub fn payload(&self) -> Value {
        match self {
            Self::MessageStart { role } => json!({ "role": role }),
            Self::ContentBlockStart { index, start } => json!({ "contentBlockIndex": index, "start": start }),
            Self::ContentBlockDelta { index, delta } => {
                json!({ "contentBlockIndex": index, "delta": delta.to_value() })
            }
            Self::ContentBlockStop { index } => json!({ "contentBlockIndex": index }),
            Self::MessageStop { stop_reason, extra } => {
                let mut members = extra.clone();
                members.insert("stopReason".to_owned(), json!(stop_reason));
                Value::Object(members)
            }
            Self::Metadata(members) => Value::Object(members.clone()),
            Self::Chunk(bytes) => json!({ "bytes": BASE64.encode(bytes) }),
            Self::Exception { payload, .. } | Self::Other { payload, .. } => payload.clone(),
        }
    }
}

impl Delta {
    fn of(value: &Value) -> Self {
        let members = value.as_object().filter(|members| members.len() == 1);
        let single = members.and_then(|members| members.iter().next());
        match single.map(|(name, inner)| (name.as_str(), inner)) {
            Some(("text", Value::String(text))) => Self::Text(text.clone()),
            Some(("toolUse", inner)) => tool_input(inner).unwrap_or_else(|| Self::Other(value.clone())),
            Some(("reasoningContent", inner)) => Self::Reasoning(inner.clone()),
            _ => Self::Other(value.clone()),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => json!({ "text": text }),
            Self::ToolInput(fragment) => json!({ "toolUse": { "input": fragment } }),
            Self::Reasoning(inner) => json!({ "reasoningContent": inner }),
            Self::Other(whole) => whole.clone(),
        }
    }
}

fn tool_input(inner: &Value) -> Option<Delta> {
    only(inner, &["input"])?;
    Some(Delta::ToolInput(inner.get("input")?.as_str()?.to_owned()))
}

/// `Some` when `payload` is an object of exactly these members: anything more must survive elsewhere.
fn only(payload: &Value, names: &[&str]) -> Option<()> {
    let members = payload.as_object()?;
    (members.len() == names.len() && names.iter().all(|name| members.contains_key(*name))).then_some(())
}

fn index(payload: &Value) -> Option<u64> {
    payload.get("contentBlockIndex")?.as_u64()
}

fn message_start(payload: &Value) -> Option<Event> {
    only(payload, &["role"])?;
    Some(Event::MessageStart { role: payload["role"].as_str()?.to_owned() })
}

fn block_start(payload: &Value) -> Option<Event> {
    only(payload, &["contentBlockIndex", "start"])?;
    Some(Event::ContentBlockStart { index: index(payload)?, start: payload["start"].clone() })
}

fn block_delta(payload: &Value) -> Option<Event> {
    only(payload, &["contentBlockIndex", "delta"])?;
    Some(Event::ContentBlockDelta { index: index(payload)?, delta: Delta::of(&payload["delta"]) })
}

fn message_stop(payload: &Value) -> Option<Event> {
    let mut extra = payload.as_object()?.clone();
    let Some(Value::String(stop_reason)) = extra.shift_remove("stopReason") else { return None };
    Some(Event::MessageStop { stop_reason, extra })
}

fn chunk(payload: &Value) -> Option<Event> {
    only(payload, &["bytes"])?;
    let text = payload["bytes"].as_str()?;
    Some(Event::Chunk(BASE64.decode(text).ok()?.into()))
}

impl FramedEvent {
    /// An event without padding.
    pub fn bare(event: Event) -> Self {
        Self { event, padding: None }
    }

    /// Reads a frame. `None` for a frame that is no JSON event or exception: such a frame stays raw.
    pub fn from_frame(frame: &Frame) -> Option<Self> {
        let mut payload: Value = serde_json::from_slice(frame.payload()).ok()?;
        let name = frame.header(":event-type").or_else(|| frame.header(":exception-type"))?;
        if frame.header(":message-type") == Some("exception") {
            return Some(Self::bare(Event::Exception { name: name.to_owned(), payload }));
        }
        let padding = take_padding(&mut payload);
        Some(Self { event: Event::from_payload(name, payload), padding })
    }

    /// The frame as Bedrock encodes it: sorted compact JSON, `p` among the members.
    pub fn to_frame(&self) -> Frame {
        let mut payload = self.event.payload();
        if let (Value::Object(members), Some(length)) = (&mut payload, self.padding) {
            members.insert("p".to_owned(), json!(padding::text(length)));
        }
        let bytes = canon::to_vec(&payload);
        match &self.event {
            Event::Exception { name, .. } => Frame::exception(name, bytes),
            event => Frame::event(event.name(), bytes),
        }
    }

    /// The bytes of the frame.
    ///
    /// # Errors
    /// When the payload exceeds what a frame can hold.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        self.to_frame().encode()
    }
}

/// Removes `p` and gives its length; a `p` that is no padding of Bedrock's stays where it is.
fn take_padding(payload: &mut Value) -> Option<u8> {
    let members = payload.as_object_mut()?;
    let length = padding::length(members.get("p")?.as_str()?)?;
    members.shift_remove("p");
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, payload: &str, typed: bool) {
        let frame = Frame::event(name, payload.to_owned());
        let framed = FramedEvent::from_frame(&frame).unwrap();
        assert_eq!(framed.to_frame(), frame, "{name} {payload}");
        assert_eq!(!matches!(framed.event, Event::Other { .. }), typed, "{name} {payload}");
    }

    #[test]
    fn legal_events_are_typed_and_re_encode_to_the_same_bytes() {
        check("messageStart", r#"{"p":"abc","role":"assistant"}"#, true);
        check(
            "contentBlockStart",
            r#"{"contentBlockIndex":1,"start":{"toolUse":{"name":"n","toolUseId":"t"}}}"#,
            true,
        );
        check("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"é"},"p":"ab"}"#, true);
        check(
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":""}},"p":"ab"}"#,
            true,
        );
        check("contentBlockStop", r#"{"contentBlockIndex":0,"p":"ab"}"#, true);
        check(
            "messageStop",
            r#"{"additionalModelResponseFields":{"b":1,"a":2},"stopReason":"end_turn"}"#,
            true,
        );
        check("metadata", r#"{"metrics":{"latencyMs":7},"p":"ab","usage":{"inputTokens":1}}"#, true);
        check("chunk", r#"{"bytes":"e30=","p":"ab"}"#, true);
    }

    #[test]
    fn illegal_and_unknown_events_are_carried_whole() {
        check("messageStart", r#"{"new":1,"role":"assistant"}"#, false);
        check("contentBlockDelta", r#"{"delta":{"text":"a"}}"#, false);
        check("brandNew", r#"{"a":1}"#, false);
        check("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"a","type":"t"}}"#, true);
    }

    #[test]
    fn foreign_padding_stays_a_member() {
        check("contentBlockStop", r#"{"contentBlockIndex":0,"p":"zzz"}"#, false);
    }

    #[test]
    fn an_exception_has_no_padding() {
        let exception =
            Event::Exception { name: "throttlingException".into(), payload: json!({"message": "m"}) };
        let frame = FramedEvent::bare(exception.clone()).to_frame();
        assert_eq!(frame.payload().as_ref(), br#"{"message":"m"}"#);
        assert_eq!(FramedEvent::from_frame(&frame), Some(FramedEvent::bare(exception)));
    }
}
