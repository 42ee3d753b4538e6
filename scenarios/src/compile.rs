//! Giving a reply its meaning: reply + operation + family + seed -> plan. Pure, and cached by its callers.
//!
//! The same reply serves a stream and a unary answer, so that runs of both compare like with like: the unary
//! answer comes when the stream's last event would.

use crate::error_answer::{error_actions, error_plan};
use crate::file::Reply;
use crate::frames::Timed;
use crate::label::label;
use crate::plan::{Act, Action, EVENT_STREAM, Ending, Head, Plan};
use crate::replay;
use crate::script::{content, events, metadata, times};
use crate::seed::Seed;
pub use crate::setting::{CompileError, Setting};
use crate::unary::unary;
use faultline_wire::{AwsError, Event, FramedEvent, padding};
use std::time::Duration;

/// Compiles `reply`. Improvised replies are made per request and do not come here.
///
/// # Errors
/// When the reply cannot be played for the operation.
pub fn compile(reply: &Reply, setting: &Setting<'_>) -> Result<Plan, CompileError> {
    if let Some(error) = &reply.error {
        let pace = reply.pace.or(setting.pace).unwrap_or_default();
        return Ok(Plan::new(error_actions(error, setting.speed.scale(pace.first.0)))?);
    }
    match (&reply.frames, &reply.body) {
        (Some(frames), _) => replay::of_frames(frames, reply, setting),
        (None, Some(body)) => replay::of_body(body, reply, setting),
        _ if setting.operation.streams() => stream_plan(timed_events(reply, setting)?),
        _ => unary(reply, setting),
    }
}

fn timed_events(reply: &Reply, setting: &Setting<'_>) -> Result<Vec<Timed>, CompileError> {
    setting.require_converse("message")?;
    let mut events = events(reply, setting);
    let (times, end) = times(&events, reply, setting);
    if reply.message.is_some() {
        events.push(Event::Metadata(metadata(reply, &content(reply), end, setting)));
    }
    let mut seed = setting.seed.of("padding");
    let times = times.into_iter().chain(std::iter::repeat(end));
    events.into_iter().zip(times).map(|(event, at)| timed(&padded(event, &mut seed), at)).collect()
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

fn stream_plan(events: Vec<Timed>) -> Result<Plan, CompileError> {
    let end = events.last().map_or(Duration::ZERO, |last| last.at);
    let start = events.first().map_or(Duration::ZERO, |first| first.at);
    // Bedrock sends the head once the model has begun: with the first event.
    let mut actions = vec![Action::new(start, Act::Head(Head::new(200, EVENT_STREAM)))];
    actions.extend(events.into_iter().map(|event| Action::data(event.at, event.label, event.bytes)));
    actions.push(Action::new(end, Act::End(Ending::Complete)));
    Ok(Plan::new(actions)?)
}

/// The plan of a reply that could not be compiled: the fault is ours or the scenario's, and is said so.
pub fn failure_plan(error: &CompileError) -> Plan {
    error_plan(&AwsError::validation(format!("faultline: {error}")))
}
