//! Frames are held back and leave together, as behind a proxy that buffers.

use super::step::{Facts, Step};
use crate::plan::{Act, Action};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Frames that leave together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coalesce {
    /// How many bytes must be there before they leave, in whole frames; left out: all, at the end of the stream.
    #[schemars(range(min = 1))]
    pub bytes: Option<usize>,
}

impl Coalesce {
    pub(super) fn step(&self, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        let least = self.bytes.unwrap_or(usize::MAX);
        Box::new(Buffer { least, streams: facts.streams, held: Vec::new(), size: 0, cause: cause.clone() })
    }
}

struct Buffer {
    least: usize,
    /// A unary answer is one write already.
    streams: bool,
    held: Vec<Action>,
    size: usize,
    cause: Arc<str>,
}

impl Buffer {
    fn release(&mut self, at: Duration, out: &mut Vec<Action>) {
        let several = self.held.len() > 1;
        for mut action in self.held.drain(..) {
            if several || action.at != at {
                action.mark(&self.cause);
            }
            action.at = at;
            if let Act::Data { apart, .. } = &mut action.act {
                *apart = false;
            }
            out.push(action);
        }
        self.size = 0;
    }
}

impl Step for Buffer {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        let at = action.at;
        match &action.act {
            Act::Data { bytes, .. } if self.streams => {
                self.size += bytes.len();
                self.held.push(action);
                if self.size >= self.least {
                    self.release(at, out);
                }
            }
            _ => {
                self.release(at, out);
                out.push(action);
            }
        }
    }
}
