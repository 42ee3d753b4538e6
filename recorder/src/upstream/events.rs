//! A body whose events are signed one by one: each loses the client's signature and gets ours.
//!
//! An event on its way is a message inside a message: the outer one holds date and signature, the inner one is the event. A
//! client that does not sign sends the inner one alone.

use super::Failed;
use super::sign::{Chain, SERVICE};
use aws_sigv4::event_stream::{sign_empty_message, sign_message};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder, read_message_from, write_message_to};
use aws_smithy_types::event_stream::Message;
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The header of a signed event.
const SIGNATURE: &str = ":chunk-signature";

/// The events of one body.
pub(super) struct Events {
    decoder: MessageFrameDecoder,
    buffer: BytesMut,
    chain: Chain,
}

impl Events {
    /// Signs on from the request's own signature.
    pub(super) fn new(chain: Chain) -> Self {
        Self { decoder: MessageFrameDecoder::new(), buffer: BytesMut::new(), chain }
    }

    /// What can go on, once these bytes came.
    fn push(&mut self, bytes: &[u8]) -> Result<Bytes, Failed> {
        self.buffer.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let DecodedFrame::Complete(message) = self.decoder.decode_frame(&mut self.buffer)? {
            write_message_to(&self.signed(message)?, &mut out)?;
        }
        Ok(out.into())
    }

    fn signed(&mut self, came: Message) -> Result<Message, Failed> {
        let inner = inner(came)?;
        let Chain { credentials, region, clock, last } = &mut self.chain;
        let identity = credentials.clone().into();
        let params = SigningParams::builder().identity(&identity).region(region).name(SERVICE);
        let params = params.time(clock()).settings(()).build()?;
        let signed = match &inner {
            Some(event) => sign_message(event, last, &params),
            None => sign_empty_message(last, &params),
        };
        let (message, signature) = signed?.into_parts();
        *last = signature;
        Ok(message)
    }
}

/// The event itself; none for the empty message that ends a signed body.
fn inner(came: Message) -> Result<Option<Message>, Failed> {
    let is_signed = came.headers().iter().any(|header| header.name().as_str() == SIGNATURE);
    if !is_signed {
        return Ok(Some(came));
    }
    if came.payload().is_empty() {
        return Ok(None);
    }
    Ok(Some(read_message_from(came.payload().clone())?))
}

/// The body that goes on.
pub(super) struct Resigned {
    body: Incoming,
    /// Where nothing is signed, bytes go on as they came.
    events: Option<Events>,
}

impl Resigned {
    /// The events of `body`, signed again.
    pub(super) fn new(body: Incoming, events: Option<Events>) -> Self {
        Self { body, events }
    }
}

impl Body for Resigned {
    type Data = Bytes;
    type Error = Failed;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failed>>> {
        let me = self.get_mut();
        loop {
            let frame = match ready!(Pin::new(&mut me.body).poll_frame(cx)) {
                Some(frame) => frame?,
                None => return Poll::Ready(None),
            };
            let (Some(events), Some(data)) = (&mut me.events, frame.data_ref()) else {
                return Poll::Ready(Some(Ok(frame)));
            };
            let bytes = events.push(data)?;
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
    }
}
