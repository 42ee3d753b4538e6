//! A request as it arrived: what a brain needs that passes it on.

use bytes::Bytes;
use faultline_wire::{Call, Route};
use http::{HeaderMap, Method, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::Duration;

/// A request as a brain gets it.
#[derive(Debug)]
pub struct Arrival {
    /// The session; the default session has the empty name.
    pub session: Arc<str>,
    /// The request as it was understood. Headers that hold secrets are replaced.
    pub call: Arc<Call>,
    /// When it came, counted from the start of the server.
    pub now: Duration,
    /// The request as it came.
    pub raw: RawRequest,
}

/// A request as it came.
#[derive(Debug)]
pub struct RawRequest {
    /// The method.
    pub method: Method,
    /// Path and query as they came.
    pub uri: Uri,
    /// Every header, secrets too: not to be kept.
    pub headers: HeaderMap,
    /// The body.
    pub body: RawBody,
}

/// The body of a request.
#[derive(Debug)]
pub enum RawBody {
    /// All of it.
    Whole(Bytes),
    /// Still coming: of InvokeModelWithBidirectionalStream.
    Open(OpenBody),
}

/// A body that is still coming. Where nobody takes it, it is read and thrown away: an answer must not wait for it.
#[derive(Debug)]
pub struct OpenBody(Option<Incoming>);

impl OpenBody {
    /// A body that nobody has read of.
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }

    /// The body, for whoever reads it; none where it was taken before.
    pub fn take(&mut self) -> Option<Incoming> {
        self.0.take()
    }
}

impl Drop for OpenBody {
    fn drop(&mut self) {
        if let Some(body) = self.0.take() {
            tokio::spawn(drain(body));
        }
    }
}

/// Reads a body to its end and drops it.
pub(crate) async fn drain(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

impl RawRequest {
    /// Path and query, percent-encoded as they came, without the base path that names a session.
    pub fn path(&self) -> &str {
        let whole = self.uri.path_and_query().map_or("/", |path| path.as_str());
        Route::split(whole).map_or(whole, |(_, own)| own)
    }
}
