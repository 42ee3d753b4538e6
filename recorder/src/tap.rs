//! What passes by, labelled: the parts of a chunk, each a whole event, the rest of one, or the beginning of one. It changes
//! no byte and keeps none but those of the frame under way.

use bytes::Bytes;
use faultline_mock_bedrock::Part;
use faultline_scenarios::plan::{BODY, Label, PART};
use faultline_wire::{Decoder, Frame};
use std::sync::Arc;

/// The event that nothing follows in a ConverseStream answer.
const LAST: &str = "metadata";

/// A tap on one answer.
pub(crate) struct Tap {
    decoder: Option<Decoder>,
    /// So many bytes of the frame under way have passed.
    open: usize,
    seen_last: bool,
    names: Vec<Arc<str>>,
    nothing: Arc<str>,
}

impl Tap {
    /// A tap on an event stream, or on any other body.
    pub(crate) fn new(is_stream: bool) -> Self {
        let decoder = is_stream.then(Decoder::new);
        Self { decoder, open: 0, seen_last: false, names: Vec::new(), nothing: Arc::from("") }
    }

    /// Whether the event has passed after which nothing is missing.
    pub(crate) fn seen_last(&self) -> bool {
        self.seen_last
    }

    /// The parts of a chunk.
    pub(crate) fn parts(&mut self, mut bytes: Bytes) -> Vec<Part> {
        let Some(mut decoder) = self.decoder.take() else {
            return vec![Part { label: self.label(BODY), bytes }];
        };
        decoder.push(&bytes);
        let mut parts = Vec::new();
        let broken = loop {
            match decoder.next_with_bytes() {
                Ok(Some((frame, whole))) => {
                    let length = whole.len().saturating_sub(std::mem::take(&mut self.open)).min(bytes.len());
                    let label = self.label_of(&frame);
                    parts.push(Part { label, bytes: bytes.split_to(length) });
                }
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        if !bytes.is_empty() {
            self.open += bytes.len();
            parts.push(Part { label: self.label(PART), bytes });
        }
        // What follows broken bytes is no frame.
        self.decoder = Some(decoder).filter(|_| !broken);
        parts
    }

    fn label_of(&mut self, frame: &Frame) -> Label {
        let name = frame.header(":event-type").or(frame.header(":exception-type")).unwrap_or(PART);
        self.seen_last |= name == LAST;
        Label { index: index(frame.payload()), ..self.label(name) }
    }

    fn label(&mut self, name: &str) -> Label {
        let known = self.names.iter().find(|known| ***known == *name).cloned();
        let event = known.unwrap_or_else(|| {
            self.names.push(Arc::from(name));
            Arc::from(name)
        });
        Label { event, index: None, gist: self.nothing.clone() }
    }
}

/// The contentBlockIndex of a payload, without reading all of it.
fn index(payload: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"\"contentBlockIndex\":";
    let at = payload.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let digits = payload[at..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.map(|digit| u64::from(digit - b'0')).reduce(|number, digit| number.saturating_mul(10) + digit)
}
