//! Writes that end near the ends of frames: one byte before, at, one byte after, in turn.
//!
//! So a write may hold a frame and the first byte of the next, or the last byte of one and the next whole. A write
//! leaves when its last byte is due, and carries the label of the last frame that ends in it.

use super::step::Step;
use super::whole::is_frame;
use crate::plan::{Act, Action, Label};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// The step.
pub(super) fn around(cause: &Arc<str>) -> Box<dyn Step> {
    Box::new(Writes { held: None, place: Place::Before, cause: cause.clone() })
}

/// Where the write near the end of a frame ends.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Before,
    At,
    After,
}

impl Place {
    fn next(self) -> Self {
        match self {
            Self::Before => Self::At,
            Self::At => Self::After,
            Self::After => Self::Before,
        }
    }
}

struct Writes {
    /// Bytes that wait for the end of their write.
    held: Option<Action>,
    /// Where the write near the end of the next frame ends.
    place: Place,
    cause: Arc<str>,
}

impl Writes {
    /// Ends the write that waits.
    fn release(&mut self, out: &mut Vec<Action>) {
        if let Some(mut write) = self.held.take() {
            write.mark(&self.cause);
            out.push(write);
        }
    }

    /// Adds bytes to the write that waits; they bring the time, and the label unless they are a mere beginning.
    fn hold(&mut self, action: &Action, label: &Label, bytes: &Bytes, beginning: bool) {
        let held = self.held.take();
        let mut joined = BytesMut::from(held.as_ref().map_or(&[][..], Action::bytes));
        joined.extend_from_slice(bytes);
        let label = held.as_ref().and_then(Action::label).filter(|_| beginning).unwrap_or(label).clone();
        let fault = held.and_then(|held| held.fault).or_else(|| action.fault.clone());
        let act = Act::Data { label, bytes: joined.freeze(), apart: true };
        self.held = Some(Action { at: action.at, act, fault });
    }

    fn frame(&mut self, action: &Action, label: &Label, mut bytes: Bytes, out: &mut Vec<Action>) {
        if self.place == Place::Before && self.held.is_some() {
            // The frame before ended with "one byte after": this is the byte.
            let first = bytes.split_to(1);
            self.hold(action, label, &first, true);
            self.release(out);
        }
        let keep = if self.place == Place::Before { 1 } else { 0 };
        let rest = bytes.split_off(bytes.len() - keep);
        self.hold(action, label, &bytes, false);
        if self.place != Place::After {
            self.release(out);
        }
        if !rest.is_empty() {
            self.hold(action, label, &rest, false);
        }
        self.place = self.place.next();
    }
}

impl Step for Writes {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        match &action.act {
            Act::Data { label, bytes, .. } if is_frame(&action) => {
                self.frame(&action, label, bytes.clone(), out);
            }
            _ => {
                self.release(out);
                out.push(action);
            }
        }
    }
}
