//! Giving a reply its meaning: reply + operation + family + seed -> plan. Pure, and cached by its callers.
//!
//! The same reply serves a stream and a unary answer, so that runs of both compare like with like: the unary
//! answer comes when the stream's last event would.

use crate::derive;
use crate::error_answer::{aws_error, body_plan, error_actions, gist};
use crate::file::{Pace, RecordedFrame, Reply};
use crate::fold::{Folded, fold};
use crate::pace::{Schedule, Speed};
use crate::plan::{Act, Action, EVENT_STREAM, Ending, Head, Label, Plan, PlanError};
use crate::seed::Seed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use faultline_wire::event::Delta;
use faultline_wire::frame::EncodeError;
use faultline_wire::{AwsError, ErrorKind, Event, Family, FramedEvent, Operation, canon, padding};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What a reply is compiled for.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The operation of the request.
    pub operation: Operation,
    /// The family whose style derived events have.
    pub family: Family,
    /// Timing, when the reply gives none of its own.
    pub pace: Option<Pace>,
    /// How fast timing is played.
    pub speed: Speed,
    /// What is drawn from: the reply's own seed.
    pub seed: &'a Seed,
    /// Characters of prompt, for a usage estimate.
    pub prompt_chars: usize,
}

/// Why a reply cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A frame cannot hold an event.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The actions are no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A recorded frame is neither event, exception nor raw bytes.
    #[error("frame {0} has neither `event`, `exception` nor sound `raw` bytes")]
    Frame(usize),
    /// The operation has no form of this reply.
    #[error("a reply of `{reply}` has no form for {operation}")]
    Form {
        /// The reply's kind.
        reply: &'static str,
        /// The operation's name.
        operation: &'static str,
    },
}

/// An event, when it is due, and its bytes.
struct Timed {
    at: Duration,
    label: Label,
    bytes: Bytes,
}

/// Compiles `reply`. Improvised replies are made per request and do not come here.
///
/// # Errors
/// When the reply cannot be played for the operation.
pub fn compile(reply: &Reply, setting: &Setting<'_>) -> Result<Plan, CompileError> {
    if let Some(error) = &reply.error {
        let pace = reply.pace.or(setting.pace).unwrap_or_default();
        return Ok(Plan::new(error_actions(error, setting.speed.scale(pace.first.0)))?);
    }
    match (&reply.frames, setting.operation.streams()) {
        (Some(frames), true) => stream_plan(frames_of(frames, setting)?),
        (Some(frames), false) => unary_of_events(&events_of(frames), last_time(frames, setting), setting),
        (None, true) => stream_plan(timed_events(reply, setting)?),
        (None, false) => unary(reply, setting),
    }
}

fn kind(reply: &Reply) -> &'static str {
    if reply.events.is_some() { "events" } else { "message" }
}

/// Converse is the only vocabulary that a reply is written in; other operations have no form of it yet.
fn require_converse(reply: &'static str, operation: Operation) -> Result<(), CompileError> {
    if operation.is_converse() {
        Ok(())
    } else {
        Err(CompileError::Form { reply, operation: operation.name() })
    }
}

/// The events of a reply, before padding and timing: messageStart to metadata.
fn events(reply: &Reply, setting: &Setting<'_>) -> Vec<Event> {
    if let Some(literal) = &reply.events {
        return literal.iter().flatten().map(|(name, payload)| literal_event(name, payload)).collect();
    }
    let blocks = reply.message.as_deref().unwrap_or_default();
    let seed = setting.seed.of("fragments");
    let stop = stop_reason(reply);
    let mut events = derive::events(blocks, &stop, reply.interleave, setting.family, &seed);
    if let (Some(Event::MessageStop { extra, .. }), Some(fields)) =
        (events.last_mut(), &reply.additional_model_response_fields)
    {
        extra.insert("additionalModelResponseFields".to_owned(), fields.clone());
    }
    events
}

fn literal_event(name: &str, payload: &Value) -> Event {
    if name.ends_with("Exception") {
        return Event::Exception { name: name.to_owned(), payload: payload.clone() };
    }
    Event::from_payload(name, payload.clone())
}

/// The stop reason that a reply says, else the one that its message implies.
pub(crate) fn stop_reason(reply: &Reply) -> String {
    let asks = reply.message.iter().flatten().any(|block| block.contains_key("toolUse"));
    let implied = if asks { "tool_use" } else { "end_turn" };
    reply.stop_reason.as_deref().unwrap_or(implied).to_owned()
}

fn timed_events(reply: &Reply, setting: &Setting<'_>) -> Result<Vec<Timed>, CompileError> {
    require_converse(kind(reply), setting.operation)?;
    let mut events = events(reply, setting);
    let (times, end) = times(&events, reply, setting);
    if reply.message.is_some() {
        events.push(Event::Metadata(metadata(reply, end, setting)));
    }
    let mut seed = setting.seed.of("padding");
    let times = times.into_iter().chain(std::iter::repeat(end));
    events.into_iter().zip(times).map(|(event, at)| timed(&padded(event, &mut seed), at)).collect()
}

fn times(events: &[Event], reply: &Reply, setting: &Setting<'_>) -> (Vec<Duration>, Duration) {
    let pace = reply.pace.or(setting.pace).unwrap_or_default();
    let mut schedule = Schedule::new(pace, setting.speed, setting.seed.of("pace"));
    let times = events.iter().map(|event| schedule.next(event.name() == "contentBlockDelta")).collect();
    (times, schedule.next(false))
}

fn padded(event: Event, seed: &mut Seed) -> FramedEvent {
    if matches!(event, Event::Exception { .. }) {
        return FramedEvent::bare(event);
    }
    let length = seed.between(padding::MIN.into(), padding::MAX.into());
    FramedEvent { event, padding: u8::try_from(length).ok() }
}

fn timed(framed: &FramedEvent, at: Duration) -> Result<Timed, CompileError> {
    Ok(Timed { at, label: label(&framed.event), bytes: framed.encode()? })
}

fn metadata(reply: &Reply, end: Duration, setting: &Setting<'_>) -> Map<String, Value> {
    let mut members = reply.metadata.clone().unwrap_or_default();
    let latency = u64::try_from(end.as_millis()).unwrap_or(u64::MAX);
    members.entry("metrics").or_insert_with(|| json!({ "latencyMs": latency }));
    members.insert("usage".to_owned(), Value::Object(usage(reply, setting)));
    members
}

/// Usage as written, else four characters a token.
fn usage(reply: &Reply, setting: &Setting<'_>) -> Map<String, Value> {
    if let Some(usage) = &reply.usage {
        return usage.clone();
    }
    let written: usize = reply.message.iter().flatten().map(|block| json!(block).to_string().len()).sum();
    let (input, output) = (setting.prompt_chars / 4 + 8, written / 4 + 1);
    let usage = json!({ "inputTokens": input, "outputTokens": output, "totalTokens": input + output });
    usage.as_object().cloned().unwrap_or_default()
}

fn stream_plan(events: Vec<Timed>) -> Result<Plan, CompileError> {
    let end = events.last().map_or(Duration::ZERO, |last| last.at);
    let start = events.first().map_or(Duration::ZERO, |first| first.at);
    // Bedrock sends the head once the model has begun: with the first event.
    let mut actions = vec![Action::new(start, Act::Head(Head::new(200, EVENT_STREAM)))];
    actions.extend(events.into_iter().map(|event| Action::data(event.at, event.label, event.bytes)));
    actions.push(Action::new(end, Act::End(Ending::Complete)));
    Ok(Plan::new(actions)?)
}

fn unary(reply: &Reply, setting: &Setting<'_>) -> Result<Plan, CompileError> {
    require_converse(kind(reply), setting.operation)?;
    let events = events(reply, setting);
    let (_, end) = times(&events, reply, setting);
    let Some(message) = &reply.message else { return unary_of_events(&events, end, setting) };
    let folded = Folded {
        content: message.iter().map(without_fragments).collect(),
        stop_reason: Some(stop_reason(reply)),
        stop_extra: fold(&events).stop_extra,
        metadata: metadata(reply, end, setting),
        exception: None,
    };
    Ok(body_plan(200, "application/json", unary_body(folded), end))
}

fn without_fragments(block: &Map<String, Value>) -> Value {
    let mut block = block.clone();
    block.shift_remove(derive::FRAGMENTS);
    if let Some(Value::Object(tool)) = block.get_mut("toolUse") {
        tool.entry("input").or_insert_with(|| json!({}));
    }
    Value::Object(block)
}

fn unary_of_events(events: &[Event], end: Duration, setting: &Setting<'_>) -> Result<Plan, CompileError> {
    require_converse("events", setting.operation)?;
    let folded = fold(events);
    if let Some((name, payload)) = &folded.exception {
        return Ok(Plan::new(exception_answer(name, payload, end))?);
    }
    Ok(body_plan(200, "application/json", unary_body(folded), end))
}

/// What a stream raises is the HTTP error of that type in a unary answer.
fn exception_answer(name: &str, payload: &Value, at: Duration) -> Vec<Action> {
    let message = payload.get("message").and_then(Value::as_str).map(str::to_owned);
    let kind = ErrorKind::shape_name(name).to_owned();
    error_actions(&crate::file::ErrorReply { kind, message, status: None, retry_after: None }, at)
}

fn unary_body(folded: Folded) -> Vec<u8> {
    let mut body = folded.metadata;
    body.insert(
        "output".to_owned(),
        json!({ "message": { "content": folded.content, "role": "assistant" } }),
    );
    body.insert("stopReason".to_owned(), json!(folded.stop_reason.unwrap_or_else(|| "end_turn".to_owned())));
    body.extend(folded.stop_extra);
    canon::object_to_vec(&body)
}

fn frames_of(frames: &[RecordedFrame], setting: &Setting<'_>) -> Result<Vec<Timed>, CompileError> {
    let timed = |(number, frame): (usize, &RecordedFrame)| {
        let (label, bytes) = recorded(frame)?.ok_or(CompileError::Frame(number + 1))?;
        Ok(Timed { at: setting.speed.scale(millis(frame.t_ms)), label, bytes })
    };
    frames.iter().enumerate().map(timed).collect()
}

fn millis(t_ms: f64) -> Duration {
    Duration::try_from_secs_f64(t_ms / 1e3).unwrap_or_default()
}

fn last_time(frames: &[RecordedFrame], setting: &Setting<'_>) -> Duration {
    frames.last().map_or(Duration::ZERO, |frame| setting.speed.scale(millis(frame.t_ms)))
}

fn recorded(frame: &RecordedFrame) -> Result<Option<(Label, Bytes)>, EncodeError> {
    if let Some(raw) = &frame.raw {
        let label = Label { event: "raw".into(), index: None, gist: "".into() };
        return Ok(BASE64.decode(raw).ok().map(|bytes| (label, bytes.into())));
    }
    let Some(event) = recorded_event(frame) else { return Ok(None) };
    let label = label(&event);
    Ok(Some((label, FramedEvent { event, padding: frame.p }.encode()?)))
}

fn recorded_event(frame: &RecordedFrame) -> Option<Event> {
    let payload = frame.payload.clone().unwrap_or_else(|| json!({}));
    match (&frame.event, &frame.exception) {
        (Some(name), None) => Some(Event::from_payload(name, payload)),
        (None, Some(name)) => Some(Event::Exception { name: name.clone(), payload }),
        _ => None,
    }
}

fn events_of(frames: &[RecordedFrame]) -> Vec<Event> {
    frames.iter().filter_map(recorded_event).collect()
}

/// The label of an event: its name, its block, and a gist of what it brings.
pub fn label(event: &Event) -> Label {
    let gist = match event {
        Event::ContentBlockDelta { delta: Delta::Text(text) | Delta::ToolInput(text), .. } => gist(text),
        Event::ContentBlockDelta { delta: Delta::Reasoning(part), .. } => reasoning_gist(part),
        Event::ContentBlockStart { start, .. } => named(start.pointer("/toolUse/name")),
        Event::MessageStop { stop_reason, .. } => stop_reason.as_str().into(),
        Event::Exception { payload, .. } => {
            payload.get("message").and_then(Value::as_str).map_or_else(|| "".into(), gist)
        }
        _ => "".into(),
    };
    Label { event: event.name().into(), index: event.index(), gist }
}

fn reasoning_gist(part: &Value) -> std::sync::Arc<str> {
    part.get("text").and_then(Value::as_str).map_or_else(
        || named(part.as_object().and_then(|m| m.keys().next()).map(|k| json!(k)).as_ref()),
        gist,
    )
}

fn named(name: Option<&Value>) -> std::sync::Arc<str> {
    name.and_then(Value::as_str).unwrap_or_default().into()
}

/// The plan of a reply that could not be compiled: the fault is ours or the scenario's, and is said so.
pub fn failure_plan(error: &CompileError) -> Plan {
    crate::error_answer::error_plan(&AwsError::validation(format!("faultline: {error}")))
}

/// As [`aws_error`], for callers outside: the error that an `error` reply describes.
pub fn described(error: &crate::file::ErrorReply) -> AwsError {
    aws_error(error)
}
