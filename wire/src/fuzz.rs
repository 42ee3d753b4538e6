//! What a fuzzer throws bytes at: the decoder and the typed model, with the claims that must hold for any bytes.
//!
//! Shared by `wire/fuzz` and by a short run in the normal tests, so both judge by the same claims. It draws
//! nothing itself: portions come from the input.

use crate::FramedEvent;
use crate::decoder::{DecodeError, Decoder};
use crate::frame::{Frame, PRELUDE, SHORTEST};
use bytes::Bytes;

/// How many leading bytes of an input say in which portions the rest arrives.
const STEPS: usize = 4;

/// Decodes `data` as it is and with its checksums made right, so that mutated bytes get past them.
///
/// # Errors
/// The claim that `data` breaks, in words: a fault in this crate.
pub fn decode_any(data: &[u8]) -> Result<(), String> {
    let (steps, stream) = data.split_at(data.len().min(STEPS));
    check(steps, stream)?;
    check(steps, &sealed(stream))
}

/// `stream` with right checksums, as far as its lengths make frames. Also what tests repair broken frames with.
pub fn sealed(stream: &[u8]) -> Vec<u8> {
    let mut out = stream.to_vec();
    let mut at = 0;
    while let Some(prelude) = out[at..].first_chunk::<PRELUDE>() {
        let total = u32::from_be_bytes([prelude[0], prelude[1], prelude[2], prelude[3]]) as usize;
        put_crc(&mut out[at..], 8);
        if total < SHORTEST || total > out.len() - at {
            break;
        }
        put_crc(&mut out[at..], total - 4);
        at += total;
    }
    out
}

/// Writes the CRC of the first `length` bytes behind them.
fn put_crc(bytes: &mut [u8], length: usize) {
    let crc = crc32fast::hash(&bytes[..length]);
    bytes[length..length + 4].copy_from_slice(&crc.to_be_bytes());
}

fn check(steps: &[u8], stream: &[u8]) -> Result<(), String> {
    let whole = decode(std::iter::once(stream));
    let portioned = decode(portions(steps, stream));
    if whole.1 != portioned.1 || whole.0.len() != portioned.0.len() {
        return Err(format!("portions end in {:?}, the whole in {:?}", portioned.1, whole.1));
    }
    let mut offset = 0;
    for ((frame, bytes), (again, _)) in whole.0.iter().zip(&portioned.0) {
        same("a frame that came in portions", again, frame)?;
        same("the bytes of a frame", &&bytes[..], &&stream[offset..offset + bytes.len()])?;
        offset += bytes.len();
        raw_round_trip(frame, bytes)?;
        typed_round_trip(frame)?;
    }
    let left = stream.len() - offset;
    let consistent = whole.1.as_ref().map_or(left == 0, |error| error.offset == offset as u64);
    if consistent { Ok(()) } else { Err(format!("{left} bytes are left after {offset}: {:?}", whole.1)) }
}

/// Every frame with its bytes, and the fault that ended them.
fn decode<'a>(portions: impl Iterator<Item = &'a [u8]>) -> (Vec<(Frame, Bytes)>, Option<DecodeError>) {
    let (mut decoder, mut frames) = (Decoder::new(), Vec::new());
    for portion in portions {
        decoder.push(portion);
        // A fault stays, so `finish` reports it.
        while let Ok(Some(frame)) = decoder.next_with_bytes() {
            frames.push(frame);
        }
    }
    (frames, decoder.finish().err())
}

/// `stream` in portions of `steps` bytes, in turns; a step of 0 is a portion of one byte.
fn portions<'a>(steps: &'a [u8], mut stream: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let sizes = steps.iter().map(|step| usize::from(*step).max(1)).cycle();
    sizes.map_while(move |size| {
        let (portion, rest) = stream.split_at(size.min(stream.len()));
        stream = rest;
        (!portion.is_empty()).then_some(portion)
    })
}

fn raw_round_trip(frame: &Frame, bytes: &Bytes) -> Result<(), String> {
    let again = frame.encode().map_err(|error| format!("a decoded frame does not encode: {error}"))?;
    same("a re-encoded frame", &again, bytes)
}

/// Key order may change once, and no member gets lost; after that, event and bytes stay what they are.
fn typed_round_trip(frame: &Frame) -> Result<(), String> {
    let Some(event) = FramedEvent::from_frame(frame) else { return Ok(()) };
    let encoded = event.encode().map_err(|error| format!("a decoded event does not encode: {error}"))?;
    let frames = decode(std::iter::once(&encoded[..])).0;
    let Some(again) = frames.first().and_then(|(frame, _)| FramedEvent::from_frame(frame)) else {
        return Err(format!("an encoded event does not decode: {event:?}"));
    };
    same("a re-encoded payload", &json(frames[0].0.payload()), &json(frame.payload()))?;
    same("a re-read event", &again, &event)?;
    same("a twice encoded event", &again.encode().ok(), &Some(encoded))
}

fn json(payload: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice(payload).ok()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, expected {expected:?}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealing_repairs_checksums_and_nothing_else() {
        let frame = Frame::event("contentBlockStop", r#"{"contentBlockIndex":0}"#).encode().unwrap();
        let stream = [&frame[..], &frame[..], b"rest"].concat();
        let mut broken = stream.clone();
        broken[9] ^= 1;
        let end = frame.len() * 2 - 1;
        broken[end] ^= 1;
        assert_eq!(sealed(&broken), stream);
    }

    #[test]
    fn portions_lose_nothing() {
        for steps in [&[][..], &[0], &[3, 1], &[255]] {
            let joined: Vec<u8> = portions(steps, b"abcdefgh").flatten().copied().collect();
            assert_eq!(joined, if steps.is_empty() { b"".to_vec() } else { b"abcdefgh".to_vec() });
        }
    }
}
