//! One frame of `application/vnd.amazon.eventstream`, encoded as Bedrock encodes it.
//!
//! The codec is `aws-smithy-eventstream`; this file adds Bedrock's header order: `:event-type` (or
//! `:exception-type`), `:content-type`, `:message-type`, all strings, as in 6,806 of 6,806 recorded frames.

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::Message;
pub use aws_smithy_types::event_stream::{Header, HeaderValue};
use bytes::Bytes;

/// Bytes before the headers: total length, headers length, prelude CRC.
pub const PRELUDE: usize = 12;

/// The shortest legal frame: a prelude and the message CRC.
pub const SHORTEST: usize = PRELUDE + 4;

/// The longest headers that SDK decoders accept, in bytes.
pub const HEADERS_MAX: usize = 128 * 1024;

/// The longest payload that SDK decoders accept, in bytes.
pub const PAYLOAD_MAX: usize = 24 * 1024 * 1024;

/// A frame: ordered headers and a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame(Message);

/// A frame that cannot be written: a header or the payload is too long.
#[derive(Debug, thiserror::Error)]
#[error("a frame cannot hold this: {0}")]
pub struct EncodeError(#[from] aws_smithy_eventstream::error::Error);

impl Frame {
    /// A frame with exactly these headers.
    pub fn new(headers: Vec<Header>, payload: impl Into<Bytes>) -> Self {
        Self(Message::new_from_parts(headers, payload))
    }

    /// An event frame in Bedrock's header order.
    pub fn event(event_type: &str, payload: impl Into<Bytes>) -> Self {
        Self::typed(":event-type", event_type, "event", payload)
    }

    /// An exception frame in Bedrock's header order.
    pub fn exception(exception_type: &str, payload: impl Into<Bytes>) -> Self {
        Self::typed(":exception-type", exception_type, "exception", payload)
    }

    /// An unmodelled error: `:message-type` error with code and message in headers and no payload. In the
    /// event-stream specification; not seen from Bedrock.
    pub fn error(code: &str, message: &str) -> Self {
        let headers =
            vec![text(":error-code", code), text(":error-message", message), text(":message-type", "error")];
        Self::new(headers, Bytes::new())
    }

    fn typed(kind: &'static str, name: &str, message_type: &'static str, payload: impl Into<Bytes>) -> Self {
        let headers = vec![
            text(kind, name),
            text(":content-type", "application/json"),
            text(":message-type", message_type),
        ];
        Self::new(headers, payload)
    }

    /// The headers in order.
    pub fn headers(&self) -> &[Header] {
        self.0.headers()
    }

    /// The string value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers().iter().find(|header| header.name().as_str() == name)?;
        header.value().as_string().ok().map(|value| value.as_str())
    }

    /// The payload.
    pub fn payload(&self) -> &Bytes {
        self.0.payload()
    }

    /// The bytes of the frame.
    ///
    /// # Errors
    /// When a header or the payload exceeds what the format can hold.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        let mut out = Vec::with_capacity(SHORTEST + 128 + self.payload().len());
        write_message_to(&self.0, &mut out)?;
        Ok(out.into())
    }

    /// Reads the one frame that `bytes` holds; lengths and CRCs are the decoder's business.
    pub(crate) fn read(bytes: Bytes) -> Result<Self, aws_smithy_eventstream::error::Error> {
        read_message_from(bytes).map(Self)
    }
}

fn text(name: &'static str, value: &str) -> Header {
    Header::new(name, HeaderValue::String(value.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_frame_has_bedrocks_bytes() {
        let frame = Frame::event("messageStart", r#"{"p":"abcd","role":"assistant"}"#);
        let bytes = frame.encode().unwrap();
        assert_eq!(&bytes[12..35], b"\x0b:event-type\x07\x00\x0cmessageS");
        assert_eq!(usize::try_from(u32::from_be_bytes(bytes[..4].try_into().unwrap())).unwrap(), bytes.len());
        let names: Vec<&str> = frame.headers().iter().map(|header| header.name().as_str()).collect();
        assert_eq!(names, [":event-type", ":content-type", ":message-type"]);
        assert_eq!(Frame::read(bytes).unwrap(), frame);
    }

    #[test]
    fn an_exception_frame_says_so_in_its_headers() {
        let frame = Frame::exception("throttlingException", r#"{"message":"m"}"#);
        assert_eq!(frame.header(":message-type"), Some("exception"));
        assert_eq!(frame.header(":exception-type"), Some("throttlingException"));
        assert_eq!(frame.header(":event-type"), None);
    }
}
