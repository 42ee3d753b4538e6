//! What an exchange gave its client, read back from the bytes that were handed over.
//!
//! It knows what arrived, not what an agent made of it.

use crate::exchange::Exchange;
use crate::fold::fold;
use crate::plan::{Act, Action, Ending, Head};
use crate::timeline::Outcome;
use faultline_wire::decoder::decode_all;
use faultline_wire::message::{list, text_member};
use faultline_wire::{Event, Frame, FramedEvent};
use serde_json::{Map, Value};

/// A message that arrived whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// All of its text.
    pub text: String,
}

/// Why no whole message arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An HTTP error.
    Http {
        /// Its status.
        status: u16,
        /// The AWS name, without its namespace; empty when there was none.
        name: String,
        /// Its message; empty when there was none.
        message: String,
    },
    /// An HTTP error whose body did not end. Many clients read it to its end, and learn no more than that it broke.
    HalfHttp {
        /// Its status.
        status: u16,
        /// How the answer ended: [`Failure::Unended`] or [`Failure::Left`].
        ended: Box<Failure>,
    },
    /// An exception or error frame before messageStop.
    Exception {
        /// The `:exception-type` or `:error-code`.
        name: String,
        /// Its message.
        message: String,
    },
    /// Bytes that are no answer: a broken frame, half a frame, HTML.
    Unreadable(String),
    /// It ended so, before messageStop or before the head.
    Unended(Ending),
    /// The client left, or the server stopped, before messageStop.
    Left,
}

/// What an exchange gave its client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivered {
    /// The content blocks, as far as they came.
    pub content: Vec<Value>,
    /// The stop reason; `None` when messageStop did not come.
    pub stop_reason: Option<String>,
    /// The usage that `metadata` or the unary answer stated.
    pub usage: Option<Map<String, Value>>,
    /// The events of a stream, as far as they could be read; none for a unary answer.
    pub events: Vec<Event>,
    /// What was in the way of a whole message; `None` when one came.
    pub failure: Option<Failure>,
    /// What went wrong after messageStop: the message is whole all the same.
    pub late: Option<Failure>,
}

/// The message that an exchange delivered, if it came whole: HTTP 200 and, for a stream, messageStop before anything
/// went wrong.
pub fn answered(exchange: &Exchange) -> Option<Answered> {
    let given = delivered(exchange);
    (exchange.call.operation.is_converse() && given.failure.is_none())
        .then(|| Answered { text: given.text() })
}

/// What `exchange` gave its client.
pub fn delivered(exchange: &Exchange) -> Delivered {
    let actions: Vec<Action> = exchange.timeline.actions().collect();
    let head =
        actions.iter().find_map(|action| if let Act::Head(head) = &action.act { Some(head) } else { None });
    let Some(head) = head else { return Delivered::none(unended(exchange)) };
    let body: Vec<u8> = actions.iter().flat_map(|action| action.bytes().iter().copied()).collect();
    if head.status != 200 {
        return Delivered::none(http_error(head, &body, exchange));
    }
    match exchange.call.operation {
        operation if operation.streams() => streamed(head, &body, exchange),
        operation if operation.is_converse() => unary(&body, exchange),
        _ => Delivered::default(),
    }
}

impl Delivered {
    /// All text, blocks joined without anything between.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(|block| block.get("text")?.as_str()).collect()
    }

    /// The members of the toolUse blocks, in order.
    pub fn tool_uses(&self) -> Vec<&Value> {
        self.content.iter().filter_map(|block| block.get("toolUse")).collect()
    }

    /// Whether a message came whole.
    pub fn is_whole(&self) -> bool {
        self.failure.is_none()
    }

    fn none(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

impl Failure {
    /// How the answer itself ended: for half an HTTP error, what broke it off.
    pub fn ended(&self) -> &Self {
        if let Self::HalfHttp { ended, .. } = self { ended } else { self }
    }

    /// The AWS name and message, for errors that have one and that came whole.
    pub fn error(&self) -> Option<(&str, &str)> {
        match self {
            Self::Http { name, message, .. } | Self::Exception { name, message } => Some((name, message)),
            _ => None,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Http { status, name, .. } if name.is_empty() => write!(f, "was HTTP {status}"),
            Self::Http { status, name, .. } => write!(f, "was HTTP {status} {name}"),
            Self::HalfHttp { status, .. } => write!(f, "was HTTP {status}, and its body did not end"),
            Self::Exception { name, .. } => write!(f, "was broken off by a frame of {name}"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::Unended(Ending::Complete) => f.write_str("ended without messageStop"),
            Self::Unended(Ending::Stall) => f.write_str("fell silent before messageStop"),
            Self::Unended(ending) => write!(f, "ended before messageStop ({ending})"),
            Self::Left => f.write_str("was left before messageStop"),
        }
    }
}

/// An end as HTTP wants it.
const REGULAR: Failure = Failure::Unended(Ending::Complete);

fn unended(exchange: &Exchange) -> Failure {
    match exchange.timeline.outcome {
        Outcome::Played => Failure::Unended(exchange.timeline.plan.ending()),
        Outcome::ClientLeft | Outcome::ServerStopped => Failure::Left,
        Outcome::Failed(_) => Failure::Unended(Ending::Cut),
    }
}

/// A client that left behind the last byte has the whole error.
fn http_error(head: &Head, body: &[u8], exchange: &Exchange) -> Failure {
    let plan = &exchange.timeline.plan;
    if plan.ending() != Ending::Complete || body.len() < plan.body_len() {
        return Failure::HalfHttp { status: head.status, ended: Box::new(unended(exchange)) };
    }
    let name = head.header("x-amzn-errortype").and_then(|header| header.split(':').next());
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    Failure::Http {
        status: head.status,
        name: name.unwrap_or_default().to_owned(),
        message: text_member(&body, "message").to_owned(),
    }
}

fn unary(body: &[u8], exchange: &Exchange) -> Delivered {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        let ended = unended(exchange);
        let whole = ended == REGULAR;
        return Delivered::none(if whole {
            Failure::Unreadable("the body is no JSON".to_owned())
        } else {
            ended
        });
    };
    let Some(content) = body.pointer("/output/message/content") else {
        return Delivered::none(Failure::Unreadable("the body holds no message".to_owned()));
    };
    Delivered {
        content: list(Some(content)).to_vec(),
        stop_reason: body.get("stopReason").and_then(Value::as_str).map(str::to_owned),
        usage: body.get("usage").and_then(Value::as_object).cloned(),
        ..Delivered::default()
    }
}

fn streamed(head: &Head, body: &[u8], exchange: &Exchange) -> Delivered {
    let (events, broken) = events(head, body);
    let folded = fold(&events);
    let wrong = broken.or_else(|| Some(unended(exchange)).filter(|ended| *ended != REGULAR));
    // The model's own JSON is not read: an invoke stream is whole when its body is.
    let is_whole = folded.stop_reason.is_some() || !exchange.call.operation.is_converse() && wrong.is_none();
    let (failure, late) = if is_whole { (None, wrong) } else { (wrong.or(Some(REGULAR)), None) };
    Delivered {
        content: folded.content,
        usage: folded.metadata.get("usage").and_then(Value::as_object).cloned(),
        stop_reason: folded.stop_reason,
        events,
        failure,
        late,
    }
}

/// The events up to the first thing that is wrong, and that thing.
fn events(head: &Head, body: &[u8]) -> (Vec<Event>, Option<Failure>) {
    let translated = head.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
    let (frames, error) = if translated { (sent_events(body), None) } else { decode_all(body) };
    let mut events = Vec::new();
    for frame in &frames {
        match read(frame) {
            Ok(event) => events.push(event),
            Err(failure) => return (events, Some(failure)),
        }
    }
    (events, error.map(|error| Failure::Unreadable(error.to_string())))
}

fn read(frame: &Frame) -> Result<Event, Failure> {
    if frame.header(":message-type") == Some("error") {
        let header = |name| frame.header(name).unwrap_or_default().to_owned();
        return Err(Failure::Exception { name: header(":error-code"), message: header(":error-message") });
    }
    let unreadable = || Failure::Unreadable("a frame's payload is no JSON".to_owned());
    match FramedEvent::from_frame(frame).ok_or_else(unreadable)?.event {
        Event::Exception { name, payload } => {
            Err(Failure::Exception { name, message: text_member(&payload, "message").to_owned() })
        }
        event => Ok(event),
    }
}

/// The frames that server-sent events stand for: a client that reads those misses nothing.
fn sent_events(body: &[u8]) -> Vec<Frame> {
    let text = String::from_utf8_lossy(body);
    let blocks = text.split("\n\n").filter_map(|block| {
        let (name, data) = block.strip_prefix("event: ")?.split_once("\ndata: ")?;
        let data = data.as_bytes().to_vec();
        Some(if name.ends_with("Exception") {
            Frame::exception(name, data)
        } else {
            Frame::event(name, data)
        })
    });
    blocks.collect()
}
