//! Bytes of an event stream, as they come, become recorded frames: decoded where a frame re-encodes to the same bytes, raw
//! where it does not, with the times at which it came and the places where it came apart.
//!
//! It keeps no more than the frame that is under way. The same log serves a stream that is coming in and one that is
//! whole.

use crate::depth::fits;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use faultline_scenarios::recorded::{Piece, RecordedFrame};
use faultline_wire::{Decoder, Event, FramedEvent};
use std::collections::VecDeque;
use std::time::Duration;

/// A log of one stream.
#[derive(Debug, Default)]
pub struct FrameLog {
    decoder: Decoder,
    /// The chunks that hold bytes of the frame under way: where each begins in the stream, and when it came.
    begins: VecDeque<(u64, Duration)>,
    /// Bytes so far, and those of them that were given away as frames.
    length: u64,
    taken: u64,
    /// What of the frame under way has come: for a stream that ends inside a frame, or breaks.
    rest: Vec<u8>,
    broken: bool,
}

impl FrameLog {
    /// Adds a chunk; the frames that it made whole.
    pub fn push(&mut self, at: Duration, bytes: &Bytes) -> Vec<RecordedFrame> {
        if bytes.is_empty() {
            return Vec::new();
        }
        if self.broken {
            return vec![raw(bytes, at)];
        }
        self.begins.push_back((self.length, at));
        self.length += bytes.len() as u64;
        self.rest.extend_from_slice(bytes);
        self.decoder.push(bytes);
        let mut frames = Vec::new();
        loop {
            match self.decoder.next_with_bytes() {
                Ok(Some((frame, own))) => {
                    let decoded = FramedEvent::from_frame(&frame);
                    let decoded = decoded.filter(|framed| {
                        fits(&framed.event.payload()) && framed.encode().is_ok_and(|again| again == own)
                    });
                    let frame = decoded.as_ref().map_or_else(|| raw(&own, Duration::ZERO), recorded);
                    frames.push(self.timed(frame, own.len()));
                }
                Ok(None) => return frames,
                Err(_) => {
                    self.broken = true;
                    frames.extend(self.leftover());
                    return frames;
                }
            }
        }
    }

    /// The end: half a frame, if one is left.
    pub fn finish(mut self) -> Option<RecordedFrame> {
        self.leftover()
    }

    fn leftover(&mut self) -> Option<RecordedFrame> {
        let bytes = std::mem::take(&mut self.rest);
        (!bytes.is_empty()).then(|| self.timed(raw(&bytes, Duration::ZERO), bytes.len()))
    }

    /// The frame that begins where the last one ended, with its times.
    fn timed(&mut self, frame: RecordedFrame, length: usize) -> RecordedFrame {
        let (start, end) = (self.taken, self.taken + length as u64);
        self.taken = end;
        self.rest.drain(..length.min(self.rest.len()));
        while self.begins.get(1).is_some_and(|(begin, _)| *begin <= start) {
            self.begins.pop_front();
        }
        let t_ms = self.begins.front().map_or(0.0, |(_, at)| millis(*at));
        let inside = self.begins.iter().skip(1).take_while(|(begin, _)| *begin < end);
        let piece = |(begin, at): &(u64, Duration)| Piece {
            after: usize::try_from(begin - start).unwrap_or(usize::MAX),
            t_ms: millis(*at),
        };
        let pieces = inside.map(piece).collect();
        RecordedFrame { t_ms, pieces, ..frame }
    }
}

/// Milliseconds to the microsecond.
pub(crate) fn millis(at: Duration) -> f64 {
    let micros = u32::try_from(at.as_micros()).map_or_else(|_| at.as_secs_f64() * 1e6, f64::from);
    (micros.round()) / 1e3
}

fn raw(bytes: &[u8], at: Duration) -> RecordedFrame {
    RecordedFrame { raw: Some(BASE64.encode(bytes)), t_ms: millis(at), ..RecordedFrame::default() }
}

fn recorded(framed: &FramedEvent) -> RecordedFrame {
    let (name, payload) = (framed.event.name().to_owned(), Some(framed.event.payload()));
    let frame = RecordedFrame { payload, p: framed.padding, ..RecordedFrame::default() };
    match framed.event {
        Event::Exception { .. } => RecordedFrame { exception: Some(name), ..frame },
        _ => RecordedFrame { event: Some(name), ..frame },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn frame(text: &str) -> Bytes {
        let payload = json!({"contentBlockIndex": 0, "delta": {"text": text}});
        FramedEvent { event: Event::from_payload("contentBlockDelta", payload), padding: Some(4) }
            .encode()
            .unwrap()
    }

    /// Time, whether it is raw, and pieces.
    type Seen = (f64, bool, Vec<(usize, f64)>);

    /// Each frame that the chunks make, the end included.
    fn log(chunks: &[(u64, &[u8])]) -> Vec<Seen> {
        let mut log = FrameLog::default();
        let mut frames: Vec<RecordedFrame> =
            chunks.iter().flat_map(|(ms, bytes)| log.push(at(*ms), &Bytes::copy_from_slice(bytes))).collect();
        frames.extend(log.finish());
        let pieces =
            |frame: &RecordedFrame| frame.pieces.iter().map(|piece| (piece.after, piece.t_ms)).collect();
        frames.iter().map(|frame| (frame.t_ms, frame.raw.is_some(), pieces(frame))).collect()
    }

    #[test]
    fn frames_of_one_chunk_have_one_time() {
        let both = [frame("a"), frame("b")].concat();
        assert_eq!(log(&[(3, &both)]), [(3.0, false, vec![]), (3.0, false, vec![])]);
        assert_eq!(log(&[(3, &frame("a")), (5, &frame("b"))]), [(3.0, false, vec![]), (5.0, false, vec![])]);
        assert_eq!(log(&[(3, b""), (4, &frame("a"))]), [(4.0, false, vec![])]);
    }

    #[test]
    fn a_frame_in_pieces_knows_where_and_when() {
        let one = frame("hello");
        let chunks: &[(u64, &[u8])] = &[(1, &one[..7]), (2, &one[7..20]), (4, &one[20..])];
        assert_eq!(log(chunks), [(1.0, false, vec![(7, 2.0), (20, 4.0)])]);
        let next = [&one[20..], &frame("b")[..9]].concat();
        let chunks: &[(u64, &[u8])] = &[(1, &one[..20]), (2, &next), (3, &frame("b")[9..])];
        assert_eq!(log(chunks), [(1.0, false, vec![(20, 2.0)]), (2.0, false, vec![(9, 3.0)])]);
    }

    #[test]
    fn half_a_frame_and_what_is_broken_stay_bytes() {
        let one = frame("hello");
        assert_eq!(
            log(&[(1, &one), (2, &one[..9]), (3, &one[9..12])]),
            [(1.0, false, vec![]), (2.0, true, vec![(9, 3.0)])]
        );
        let mut bad = one.to_vec();
        bad[40] ^= 1;
        assert_eq!(
            log(&[(1, &one), (2, &bad), (3, &one)]),
            [(1.0, false, vec![]), (2.0, true, vec![]), (3.0, true, vec![])]
        );
    }
}
