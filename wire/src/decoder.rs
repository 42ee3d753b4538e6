//! An incremental frame decoder that survives any bytes and says precisely what is wrong with them.
//!
//! SDK decoders stop with one word ("checksum"), and botocore drops a half frame without any. This one names
//! the frame, its offset, and what was expected, because a test bench must tell faults apart.

use crate::frame::{Frame, HEADERS_MAX, PAYLOAD_MAX, PRELUDE, SHORTEST};
use bytes::{Bytes, BytesMut};

/// What is wrong with the bytes, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("frame {index} at byte {offset}: {fault}")]
pub struct DecodeError {
    /// The number of whole frames before this one.
    pub index: u64,
    /// Where the frame starts, in bytes from the start of the stream.
    pub offset: u64,
    /// What is wrong.
    pub fault: DecodeFault,
}

/// The ways in which bytes are no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// The CRC over the two lengths does not match.
    #[error("prelude CRC is {found:#010x}, the prelude's own bytes give {computed:#010x}")]
    PreludeCrc {
        /// The CRC in the frame.
        found: u32,
        /// The CRC of the bytes.
        computed: u32,
    },
    /// The CRC over the whole message does not match.
    #[error("message CRC is {found:#010x}, the message's own bytes give {computed:#010x}")]
    MessageCrc {
        /// The CRC in the frame.
        found: u32,
        /// The CRC of the bytes.
        computed: u32,
    },
    /// The lengths contradict each other or exceed what decoders accept.
    #[error("length is wrong: total {total}, headers {headers}")]
    Length {
        /// The stated length of the whole frame, in bytes.
        total: u32,
        /// The stated length of the headers, in bytes.
        headers: u32,
    },
    /// The headers cannot be read.
    #[error("headers cannot be read: {0}")]
    Headers(String),
    /// The stream ended inside the frame.
    #[error("half a frame at the end: {have} bytes of {}", need.map_or("an unknown length".to_owned(), |n| n.to_string()))]
    HalfFrame {
        /// How many bytes of the frame arrived.
        have: u64,
        /// The length that its prelude states, when that much arrived.
        need: Option<u32>,
    },
}

/// The decoder. Push bytes as they come, take frames until there are none, and `finish` at the end.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
    offset: u64,
    index: u64,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes in any portion. After a fault they are ignored: nothing after it can be trusted.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// How many bytes of whole frames were taken so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next whole frame, `None` when more bytes are needed.
    ///
    /// # Errors
    /// The first fault in the stream; it stays the answer from then on.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, DecodeError> {
        Ok(self.next_with_bytes()?.map(|(frame, _)| frame))
    }

    /// As [`Self::next_frame`], with the frame's own bytes.
    ///
    /// # Errors
    /// As [`Self::next_frame`].
    pub fn next_with_bytes(&mut self) -> Result<Option<(Frame, Bytes)>, DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.take().map_err(|fault| self.fail(fault))
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// The earlier fault, or the half frame that is left.
    pub fn finish(mut self) -> Result<(), DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.buffer.is_empty() {
            return Ok(());
        }
        let need = prelude(&self.buffer).map(|[total, ..]| total);
        let have = self.buffer.len() as u64;
        Err(self.fail(DecodeFault::HalfFrame { have, need }))
    }

    fn fail(&mut self, fault: DecodeFault) -> DecodeError {
        let error = DecodeError { index: self.index, offset: self.offset, fault };
        self.failed = Some(error.clone());
        self.buffer.clear();
        error
    }

    fn take(&mut self) -> Result<Option<(Frame, Bytes)>, DecodeFault> {
        let Some(words) = prelude(&self.buffer) else { return Ok(None) };
        let length = frame_length(words, &self.buffer)?;
        if self.buffer.len() < length {
            return Ok(None);
        }
        let bytes = self.buffer.split_to(length).freeze();
        let frame = read(&bytes)?;
        self.offset += length as u64;
        self.index += 1;
        Ok(Some((frame, bytes)))
    }
}

/// Every frame of `bytes` and the fault that ended them, if any.
pub fn decode_all(bytes: &[u8]) -> (Vec<Frame>, Option<DecodeError>) {
    let mut decoder = Decoder::new();
    decoder.push(bytes);
    let mut frames = Vec::new();
    loop {
        match decoder.next_frame() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, decoder.finish().err()),
            Err(error) => return (frames, Some(error)),
        }
    }
}

/// Total length, headers length and prelude CRC, once twelve bytes are there.
fn prelude(buffer: &[u8]) -> Option<[u32; 3]> {
    let head: &[u8; PRELUDE] = buffer.first_chunk()?;
    Some([word(head, 0), word(head, 4), word(head, 8)])
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn frame_length([total, headers, found]: [u32; 3], buffer: &[u8]) -> Result<usize, DecodeFault> {
    let computed = crc32fast::hash(&buffer[..8]);
    if found != computed {
        return Err(DecodeFault::PreludeCrc { found, computed });
    }
    let (whole, head) = (total as usize, headers as usize);
    let payload = whole.checked_sub(SHORTEST).and_then(|rest| rest.checked_sub(head));
    match payload {
        Some(payload) if payload <= PAYLOAD_MAX && head <= HEADERS_MAX => Ok(whole),
        _ => Err(DecodeFault::Length { total, headers }),
    }
}

fn read(bytes: &Bytes) -> Result<Frame, DecodeFault> {
    let end = bytes.len() - 4;
    let (found, computed) = (word(bytes, end), crc32fast::hash(&bytes[..end]));
    if found != computed {
        return Err(DecodeFault::MessageCrc { found, computed });
    }
    Frame::read(bytes.clone()).map_err(|error| DecodeFault::Headers(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream() -> Vec<u8> {
        let one = Frame::event("messageStart", r#"{"role":"assistant"}"#).encode().unwrap();
        let two = Frame::exception("throttlingException", r#"{"message":"m"}"#).encode().unwrap();
        [one, two].concat()
    }

    fn fault(bytes: &[u8]) -> (u64, u64, DecodeFault) {
        let error = decode_all(bytes).1.unwrap();
        (error.index, error.offset, error.fault)
    }

    #[test]
    fn a_flipped_payload_bit_is_a_message_crc() {
        let mut bytes = stream();
        let first = word(&bytes, 0) as usize;
        bytes[first + 80] ^= 1;
        let (index, offset, fault) = fault(&bytes);
        assert_eq!((index, offset), (1, first as u64));
        assert!(matches!(fault, DecodeFault::MessageCrc { .. }), "{fault}");
    }

    #[test]
    fn a_flipped_length_is_a_prelude_crc() {
        let mut bytes = stream();
        bytes[3] ^= 1;
        assert!(matches!(fault(&bytes), (0, 0, DecodeFault::PreludeCrc { .. })));
    }

    #[test]
    fn headers_longer_than_the_frame_are_a_length() {
        let mut bytes = 16_u32.to_be_bytes().to_vec();
        bytes.extend(1_u32.to_be_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes.extend([0; 4]);
        assert_eq!(fault(&bytes), (0, 0, DecodeFault::Length { total: 16, headers: 1 }));
    }

    #[test]
    fn a_half_frame_says_how_many_bytes_of_how_many() {
        let bytes = stream();
        let first = word(&bytes, 0);
        let whole = word(&bytes, first as usize);
        let (_, offset, fault) = fault(&bytes[..first as usize + 20]);
        assert_eq!(offset, u64::from(first));
        assert_eq!(fault, DecodeFault::HalfFrame { have: 20, need: Some(whole) });
        let error = decode_all(&bytes[..5]).1.unwrap();
        assert_eq!(
            error.to_string(),
            "frame 0 at byte 0: half a frame at the end: 5 bytes of an unknown length"
        );
    }

    #[test]
    fn after_a_fault_nothing_is_trusted() {
        let mut bad = stream();
        bad[9] ^= 1;
        let mut decoder = Decoder::new();
        decoder.push(&bad);
        let error = decoder.next_frame().unwrap_err();
        decoder.push(&stream());
        assert_eq!(decoder.next_frame(), Err(error.clone()));
        assert_eq!(decoder.finish(), Err(error));
    }

    proptest! {
        #[test]
        fn any_portions_give_the_same_frames(cuts in prop::collection::vec(0_usize..200, 0..12)) {
            let bytes = stream();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut decoder = Decoder::new();
            let mut frames = Vec::new();
            for pair in cuts.windows(2) {
                decoder.push(&bytes[pair[0]..pair[1]]);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    frames.push(frame);
                }
            }
            prop_assert_eq!(frames, decode_all(&bytes).0);
            prop_assert!(decoder.finish().is_ok());
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode_all(&bytes);
        }
    }
}
