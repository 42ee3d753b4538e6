//! Actions that are whole frames: what faults that change, move or forge events work on.
//!
//! Pieces of frames and unary bodies are no frames: such faults leave them alone.

use crate::label::label;
use crate::plan::{Act, Action};
use faultline_wire::decoder::decode_all;
use faultline_wire::frame::SHORTEST;
use faultline_wire::{Event, Frame, FramedEvent};
use std::time::Duration;

/// Whether the action is one whole frame, sound or broken: its prelude states exactly its length.
pub(super) fn is_frame(action: &Action) -> bool {
    let bytes = action.bytes();
    let stated = bytes.first_chunk().map(|length| u32::from_be_bytes(*length));
    bytes.len() >= SHORTEST && stated.is_some_and(|length| u64::from(length) == bytes.len() as u64)
}

/// The frame that the action is; `None` for anything but one sound frame.
pub(super) fn frame_of(action: &Action) -> Option<Frame> {
    if !is_frame(action) {
        return None;
    }
    let (mut frames, error) = decode_all(action.bytes());
    frames.pop().filter(|_| error.is_none() && frames.is_empty())
}

/// The event that the action brings; `None` for anything but one sound frame of an event or exception.
pub(super) fn event_of(action: &Action) -> Option<FramedEvent> {
    FramedEvent::from_frame(&frame_of(action)?)
}

/// The action with another event in its frame. One that fits no frame changes nothing.
pub(super) fn with_event(mut action: Action, framed: &FramedEvent) -> Action {
    if let (Act::Data { label: old, bytes, .. }, Ok(encoded)) = (&mut action.act, framed.encode()) {
        *old = label(&framed.event);
        *bytes = encoded;
    }
    action
}

/// A frame of its own that brings `event`; `None` when no frame can hold it.
pub(super) fn forged(event: Event, padding: Option<u8>, at: Duration) -> Option<Action> {
    let framed = FramedEvent { event, padding };
    Some(Action::data(at, label(&framed.event), framed.encode().ok()?))
}
