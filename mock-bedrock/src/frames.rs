//! As much of HTTP/2 framing as endings need: the headers of frames, the newest stream, and a GOAWAY frame.
//!
//! Everything else of HTTP/2 is hyper's business.

/// What a client sends first when it speaks HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of a frame header (RFC 9113, section 4.1).
const HEADER: usize = 9;

/// The frame type DATA (RFC 9113, section 6.1).
pub(crate) const DATA: u8 = 0;

/// The frame type HEADERS (RFC 9113, section 6.2).
pub(crate) const HEADERS: u8 = 1;

/// The frame type RST_STREAM (RFC 9113, section 6.4).
pub(crate) const RST_STREAM: u8 = 3;

/// The flag of DATA and HEADERS that ends a stream.
pub(crate) const END_STREAM: u8 = 1;

/// What the header of a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    /// Its type.
    pub(crate) kind: u8,
    /// Its flags.
    pub(crate) flags: u8,
    /// Its stream; 0 is the connection.
    pub(crate) stream: u32,
}

/// Watches bytes of one direction and remembers the newest stream. Payloads are skipped, nothing is kept.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    state: State,
    newest: u32,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// So many bytes of the preface have matched.
    Preface(usize),
    /// In a frame header: the bytes so far.
    Header([u8; HEADER], usize),
    /// In a payload: so many bytes are left.
    Payload(usize),
    /// Not HTTP/2.
    #[default]
    Other,
}

/// At the start of a frame.
const START: State = State::Header([0; HEADER], 0);

impl Scanner {
    /// A scanner at the start of what a client sends.
    pub(crate) fn new() -> Self {
        Self { state: State::Preface(0), newest: 0 }
    }

    /// A scanner at the start of what a server sends to a client that speaks HTTP/2: it has no preface.
    pub(crate) fn after_preface() -> Self {
        Self { state: START, newest: 0 }
    }

    /// Whether the preface was there, so that the rest is frames.
    pub(crate) fn is_http2(&self) -> bool {
        matches!(self.state, State::Header(..) | State::Payload(_))
    }

    /// The highest stream id that the client has opened; 0 before the first.
    pub(crate) fn newest(&self) -> u32 {
        self.newest
    }

    /// Takes note of the bytes that follow, and says which frames begin in them.
    #[inline]
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut begins: impl FnMut(FrameHead)) {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Other => return,
                State::Preface(matched) => self.preface(matched, bytes),
                State::Header(header, filled) => self.header(header, filled, bytes, &mut begins),
                State::Payload(left) => self.payload(left, bytes),
            };
            bytes = &bytes[used..];
        }
    }

    fn preface(&mut self, matched: usize, bytes: &[u8]) -> usize {
        let rest = &PREFACE[matched..];
        let used = bytes.len().min(rest.len());
        self.state = match bytes[..used] == rest[..used] {
            false => State::Other,
            true if used == rest.len() => START,
            true => State::Preface(matched + used),
        };
        used
    }

    fn header(
        &mut self,
        mut header: [u8; HEADER],
        filled: usize,
        bytes: &[u8],
        begins: &mut impl FnMut(FrameHead),
    ) -> usize {
        let used = bytes.len().min(HEADER - filled);
        header[filled..filled + used].copy_from_slice(&bytes[..used]);
        self.state = State::Header(header, filled + used);
        if filled + used == HEADER {
            begins(self.enter(header));
        }
        used
    }

    fn payload(&mut self, left: usize, bytes: &[u8]) -> usize {
        let used = bytes.len().min(left);
        self.state = if used == left { START } else { State::Payload(left - used) };
        used
    }

    fn enter(&mut self, header: [u8; HEADER]) -> FrameHead {
        let [a, b, c, kind, flags, i, j, k, l] = header;
        let stream = u32::from_be_bytes([i, j, k, l]) & 0x7fff_ffff;
        if kind == HEADERS {
            self.newest = self.newest.max(stream);
        }
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        self.state = if length == 0 { START } else { State::Payload(length) };
        FrameHead { kind, flags, stream }
    }
}

/// A GOAWAY frame without debug data (RFC 9113, section 6.8).
pub(crate) fn goaway(last_stream: u32, code: u32) -> [u8; 17] {
    let mut frame = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    frame[9..13].copy_from_slice(&last_stream.to_be_bytes());
    frame[13..].copy_from_slice(&code.to_be_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], newest: u32) {
        for step in [1, 2, 7, input.len()] {
            let mut scanner = Scanner::new();
            let mut frames = 0;
            input.chunks(step).for_each(|bytes| scanner.feed(bytes, |_| frames += 1));
            assert_eq!(scanner.newest(), newest, "in steps of {step}");
            assert_eq!(scanner.is_http2(), frames > 0, "in steps of {step}");
        }
    }

    #[test]
    fn the_newest_stream_is_found_however_the_bytes_arrive() {
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let headers = |id: u8| [0, 0, 2, HEADERS, 4, 0, 0, 0, id, 1, 2];
        check(&[PREFACE, &settings].concat(), 0);
        check(&[PREFACE, &settings, &headers(1), &headers(5), &settings].concat(), 5);
    }

    #[test]
    fn other_protocols_have_no_streams() {
        check(b"POST /model/m/converse HTTP/1.1\r\n\r\n", 0);
        check(b"PRI * HTTP/3.0\r\n\r\n\0\0\0\x01\x01\0\0\0\x05\0\0\0\x01\x01\0\0\0\x05", 0);
    }

    #[test]
    fn a_goaway_frame_has_17_bytes() {
        let expected = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 11];
        assert_eq!(goaway(3, 11), expected);
    }
}
