//! Frames that are wrong on purpose, each in exactly one way. The codec cannot make them, so encoded bytes are
//! patched.

use bytes::Bytes;

/// Which part of a frame is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The CRC of the prelude.
    Prelude,
    /// A bit of the payload, so that the CRC of the message fails.
    Message,
    /// The type of the first header's value is one that does not exist; both CRCs are right.
    Header,
    /// The payload is no JSON; both CRCs are right.
    Payload,
}

/// The frame `bytes` with `part` broken. Bytes that are no whole frame come back unchanged.
pub fn broken(bytes: &Bytes, part: Part) -> Bytes {
    let Some(payload_at) = payload_start(bytes) else { return bytes.clone() };
    let mut out = bytes.to_vec();
    match part {
        Part::Prelude => out[8] ^= 0x01,
        Part::Message => {
            // Without a payload the CRC itself is the only byte left to break.
            let at = payload_at.min(out.len() - 1);
            out[at] ^= 0x01;
        }
        Part::Header => break_header(&mut out),
        Part::Payload if payload_at < out.len() - 4 => {
            out[payload_at] = b'!';
            reseal(&mut out);
        }
        Part::Payload => {}
    }
    out.into()
}

fn payload_start(bytes: &[u8]) -> Option<usize> {
    let length = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
    let start = 12 + length(4)?;
    (length(0)? == bytes.len() && start + 4 <= bytes.len()).then_some(start)
}

fn break_header(out: &mut [u8]) {
    let value_type = 13 + usize::from(out[12]);
    if value_type < out.len() - 4 {
        out[value_type] = 0xFF;
        reseal(out);
    }
}

/// Writes the CRC that the message now has.
fn reseal(out: &mut [u8]) {
    let end = out.len() - 4;
    let crc = crc32fast::hash(&out[..end]);
    out[end..].copy_from_slice(&crc.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::{DecodeFault, decode_all};
    use crate::{Event, Frame, FramedEvent};

    fn frame() -> Bytes {
        Frame::event("contentBlockStop", r#"{"contentBlockIndex":0}"#).encode().unwrap()
    }

    fn fault(part: Part) -> Option<DecodeFault> {
        decode_all(&broken(&frame(), part)).1.map(|error| error.fault)
    }

    #[test]
    fn each_part_breaks_in_its_own_way() {
        assert!(matches!(fault(Part::Prelude), Some(DecodeFault::PreludeCrc { .. })));
        assert!(matches!(fault(Part::Message), Some(DecodeFault::MessageCrc { .. })));
        assert!(matches!(fault(Part::Header), Some(DecodeFault::Headers(_))));
    }

    #[test]
    fn a_broken_payload_is_a_sound_frame_without_json() {
        let (frames, fault) = decode_all(&broken(&frame(), Part::Payload));
        assert_eq!(fault, None);
        assert_eq!(FramedEvent::from_frame(&frames[0]), None);
        assert!(matches!(
            FramedEvent::from_frame(&decode_all(&frame()).0[0]).unwrap().event,
            Event::ContentBlockStop { .. }
        ));
    }

    #[test]
    fn bytes_that_are_no_frame_are_left_alone() {
        for bytes in [Bytes::new(), Bytes::from_static(b"{}"), Bytes::from_static(&[0; 16])] {
            assert_eq!(broken(&bytes, Part::Message), bytes);
        }
    }
}
