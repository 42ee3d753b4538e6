//! Recorded frames back to bytes.

use crate::file::RecordedFrame;
use crate::label::label;
use crate::plan::Label;
use crate::setting::{CompileError, Setting};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use faultline_wire::frame::EncodeError;
use faultline_wire::{Event, FramedEvent};
use serde_json::json;
use std::time::Duration;

/// An event, when it is due, and its bytes.
pub(crate) struct Timed {
    pub(crate) at: Duration,
    pub(crate) label: Label,
    pub(crate) bytes: Bytes,
}

/// Every frame at its time.
pub(crate) fn frames_of(frames: &[RecordedFrame], setting: &Setting<'_>) -> Result<Vec<Timed>, CompileError> {
    let timed = |(number, frame): (usize, &RecordedFrame)| {
        let (label, bytes) = recorded(frame)?.ok_or(CompileError::Frame(number + 1))?;
        Ok(Timed { at: setting.speed.scale(millis(frame.t_ms)), label, bytes })
    };
    frames.iter().enumerate().map(timed).collect()
}

pub(crate) fn millis(t_ms: f64) -> Duration {
    Duration::try_from_secs_f64(t_ms / 1e3).unwrap_or_default()
}

/// When the last frame came.
pub(crate) fn last_time(frames: &[RecordedFrame], setting: &Setting<'_>) -> Duration {
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

/// The events of the frames that decode.
pub(crate) fn events_of(frames: &[RecordedFrame]) -> Vec<Event> {
    frames.iter().filter_map(recorded_event).collect()
}
