//! How the MCP SDK reaches a server over streamable HTTP: through the same pool of connections as other tools, so that
//! no second HTTP client is built in. It knows requests and answers, not what tools are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};
use thiserror::Error;

use super::http::{HttpPool, causes};

/// How many bytes one answer may have, be it JSON or a stream of events.
const MOST: usize = 16 << 20;
/// How much of an error's body is quoted, in characters.
const QUOTED: usize = 400;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// A request that got no answer.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Unreached(String);

type Failed = StreamableHttpError<Unreached>;
type Events = Pin<Box<dyn futures_core::Stream<Item = Result<Sse, SseError>> + Send>>;
type Headers = HashMap<HeaderName, HeaderValue>;

/// The pool, with the headers that every request to one server carries.
#[derive(Clone)]
pub(super) struct McpHttp {
    pub(super) pool: HttpPool,
    /// Their values are secrets.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

/// What the protocol adds to one request.
struct Added {
    session: Option<Arc<str>>,
    last_event: Option<String>,
    headers: Headers,
}

impl McpHttp {
    async fn send(
        &self,
        method: Method,
        uri: &str,
        body: Option<String>,
        added: Added,
    ) -> Result<Response<Incoming>, Failed> {
        let mut request =
            Request::builder().method(method).uri(uri).header(ACCEPT, "application/json, text/event-stream");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in self.headers.iter().map(|(name, value)| (name, value)).chain(&added.headers) {
            request = request.header(name, value);
        }
        if let Some(session) = added.session {
            request = request.header(SESSION, &*session);
        }
        if let Some(event) = added.last_event {
            request = request.header(LAST_EVENT, event);
        }
        let unreached = |text| StreamableHttpError::Client(Unreached(text));
        let body = Full::new(Bytes::from(body.unwrap_or_default()));
        let request = request.body(body).map_err(|error| unreached(error.to_string()))?;
        self.pool.send(request).await.map_err(|error| unreached(causes(&error)))
    }
}

impl StreamableHttpClient for McpHttp {
    type Error = Unreached;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let awaits_answer = matches!(message, ClientJsonRpcMessage::Request(_));
        let had_session = session.is_some();
        let body = serde_json::to_string(&message)?;
        let added = Added { session, last_event: None, headers };
        let answer = self.send(Method::POST, &uri, Some(body), added).await?;
        match answer.status() {
            StatusCode::NOT_FOUND if had_session => return Err(StreamableHttpError::SessionExpired),
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => return Ok(StreamableHttpPostResponse::Accepted),
            status if status.is_success() && !awaits_answer => {
                return Ok(StreamableHttpPostResponse::Accepted);
            }
            _ => {}
        }
        let session = header(&answer, &SESSION);
        match content_type(&answer).as_str() {
            "text/event-stream" if answer.status().is_success() => {
                Ok(StreamableHttpPostResponse::Sse(events(answer), session))
            }
            "application/json" => Ok(StreamableHttpPostResponse::Json(json(answer).await?, session)),
            _ if !answer.status().is_success() => Err(refused(answer).await),
            other => Err(StreamableHttpError::UnexpectedContentType(Some(other.to_owned()))),
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<(), Failed> {
        let added = Added { session: Some(session), last_event: None, headers };
        let answer = self.send(Method::DELETE, &uri, None, added).await?;
        match answer.status() {
            StatusCode::METHOD_NOT_ALLOWED => Ok(()),
            status if status.is_success() => Ok(()),
            _ => Err(refused(answer).await),
        }
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<Events, Failed> {
        let answer = self.send(Method::GET, &uri, None, Added { session, last_event, headers }).await?;
        match (answer.status(), content_type(&answer).as_str()) {
            (StatusCode::METHOD_NOT_ALLOWED, _) => Err(StreamableHttpError::ServerDoesNotSupportSse),
            (status, "text/event-stream") if status.is_success() => Ok(events(answer)),
            (status, other) if status.is_success() => {
                Err(StreamableHttpError::UnexpectedContentType(Some(other.to_owned())))
            }
            _ => Err(refused(answer).await),
        }
    }
}

fn events(answer: Response<Incoming>) -> Events {
    let body = Limited::new(answer.into_body(), MOST).map_err(|error| Unreached(causes(&*error)));
    Box::pin(SseStream::new(body))
}

/// A JSON answer: a result, or an error of the protocol under whatever status.
async fn json(answer: Response<Incoming>) -> Result<ServerJsonRpcMessage, Failed> {
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MOST).collect().await;
    let body = body.map_err(|error| StreamableHttpError::Client(Unreached(causes(&*error))))?.to_bytes();
    match serde_json::from_slice(&body) {
        Ok(message @ ServerJsonRpcMessage::Error(_)) => Ok(message),
        Ok(message) if status.is_success() => Ok(message),
        Err(error) if status.is_success() => Err(StreamableHttpError::Deserialize(error)),
        _ => Err(unexpected(status, &body)),
    }
}

async fn refused(answer: Response<Incoming>) -> Failed {
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MOST).collect().await;
    unexpected(status, &body.map(http_body_util::Collected::to_bytes).unwrap_or_default())
}

fn unexpected(status: StatusCode, body: &[u8]) -> Failed {
    let quoted: String = String::from_utf8_lossy(body).trim().chars().take(QUOTED).collect();
    let text = format!("status {}. {quoted}", status.as_u16()).trim_end().to_owned();
    StreamableHttpError::UnexpectedServerResponse(Cow::Owned(text))
}

fn header(answer: &Response<Incoming>, name: &HeaderName) -> Option<String> {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The media type, without what follows it.
fn content_type(answer: &Response<Incoming>) -> String {
    let whole = header(answer, &CONTENT_TYPE).unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
