//! The frames as `text/event-stream`: what a gateway sends that translates the binary stream for browsers.
//!
//! Each frame becomes `event: NAME`, `data: PAYLOAD` and an empty line, at its own time.

use super::step::{Facts, Step};
use super::whole::frame_of;
use crate::plan::{Act, Action};
use faultline_wire::Frame;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Server-sent events where frames are due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sse {}

/// The content type of server-sent events.
const CONTENT_TYPE: &str = "text/event-stream";

impl Sse {
    pub(super) fn step(&self, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Translate { streams: facts.streams, cause: cause.clone() })
    }
}

struct Translate {
    streams: bool,
    cause: Arc<str>,
}

impl Step for Translate {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        let frame = frame_of(&action);
        let changed = match (&mut action.act, frame) {
            (Act::Head(head), _) if self.streams => head.set("content-type", CONTENT_TYPE),
            (Act::Data { bytes, .. }, Some(frame)) => {
                *bytes = lines(&frame).into();
                true
            }
            _ => false,
        };
        if changed {
            action.mark(&self.cause);
        }
        out.push(action);
    }
}

/// JSON payloads hold no line break: one `data:` line each (WHATWG HTML, section 9.2.6).
fn lines(frame: &Frame) -> Vec<u8> {
    let kinds = [":event-type", ":exception-type", ":error-code"];
    let name = kinds.iter().find_map(|header| frame.header(header)).unwrap_or("message");
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    [b"event: ", name.as_bytes(), b"\ndata: ", frame.payload(), b"\n\n"].concat()
}
