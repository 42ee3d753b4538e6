//! Tools behind HTTP: the input as a JSON body, the answer as the output, over a pool of connections.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use serde_json::{Map, Value};
use thiserror::Error;

use super::described::{Described, answered_by_about, with_policy_in_about};
use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy};

/// How many bytes of an answer are taken; more is an error.
const MOST: usize = 1 << 20;
/// How much of an error's body the model is told, in characters.
const QUOTED: usize = 400;

/// A pool of connections, HTTP/1.1 and HTTP/2, with TLS against the system's roots. Clones share it.
#[derive(Debug, Clone)]
pub struct HttpPool(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// Why there is no HTTP tool.
#[derive(Debug, Error)]
pub enum HttpToolError {
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The address is not an absolute `http` or `https` URL.
    #[error("{0:?} is not an absolute http or https URL")]
    Url(String),
    /// A header cannot be sent.
    #[error("the header {0:?} cannot be sent")]
    Header(String),
}

impl HttpPool {
    /// An empty pool.
    ///
    /// # Errors
    /// [`HttpToolError::Tls`] where the system's roots cannot be read.
    pub fn new() -> Result<Self, HttpToolError> {
        let tls = |error: &dyn std::fmt::Display| HttpToolError::Tls(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| tls(&error))?.with_native_roots().map_err(|error| tls(&error))?;
        let config = config.with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_all_versions()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        self.0.request(request).await
    }
}

/// A tool that is a `POST` with the input as its JSON body and the call's `idempotency-key`. Redirects are not
/// followed. The pieces of the answer are sent on as chunks. A JSON object is given to the model as one, anything else
/// as text; 408, 425, 429 and 5xx are errors that another try may not give, as is a connection that fails.
///
/// A connection that was idle and turns out closed before anything was sent is replaced by the pool; no request is
/// sent twice.
#[derive(Debug, Clone)]
pub struct HttpTool {
    about: Described,
    pool: HttpPool,
    url: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl HttpTool {
    /// A tool at an absolute URL.
    ///
    /// # Errors
    /// [`HttpToolError::Url`].
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        schema: Value,
        pool: HttpPool,
        url: &str,
    ) -> Result<Self, HttpToolError> {
        let uri = absolute(url)?;
        let about = Described::new(name, description, schema);
        Ok(Self { about, pool, url: uri, headers: Vec::new() })
    }

    with_policy_in_about!();

    /// The same tool with one more header; the value is treated as a secret.
    ///
    /// # Errors
    /// [`HttpToolError::Header`].
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, HttpToolError> {
        self.headers.push(secret(name, value)?);
        Ok(self)
    }

    fn request(&self, input: &Map<String, Value>, key: &str) -> Result<Request<Full<Bytes>>, ToolError> {
        let mut request = Request::post(self.url.clone())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/plain;q=0.9, */*;q=0.1");
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = Full::new(Bytes::from(Value::Object(input.clone()).to_string()));
        request.body(body).map_err(|error| ToolError::new(error.to_string()))
    }
}

impl Tool for HttpTool {
    answered_by_about!();

    fn run<'a>(&'a self, input: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let request = self.request(input, context.idempotency_key())?;
            let answer = self.pool.send(request).await;
            let answer = answer.map_err(|error| {
                ToolError::transient(format!("The service cannot be reached: {}.", causes(&error)))
            })?;
            let status = answer.status();
            let body = read(answer, context).await?;
            output(status, &body)
        })
    }
}

/// An address with a scheme and a host.
pub(super) fn absolute(url: &str) -> Result<Uri, HttpToolError> {
    let uri: Option<Uri> = url.parse().ok();
    let fits = |uri: &Uri| uri.authority().is_some() && matches!(uri.scheme_str(), Some("http" | "https"));
    uri.filter(fits).ok_or_else(|| HttpToolError::Url(url.to_owned()))
}

/// A header whose value no log shows.
pub(super) fn secret(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HttpToolError> {
    let illegal = || HttpToolError::Header(name.to_owned());
    let mut secret = HeaderValue::from_str(value).map_err(|_| illegal())?;
    secret.set_sensitive(true);
    Ok((name.parse().map_err(|_| illegal())?, secret))
}

/// Reads a body to its end; what is whole text of it is sent on as it comes.
async fn read(answer: Response<Incoming>, context: &ToolContext) -> Result<Vec<u8>, ToolError> {
    let (fine, mut body) = (answer.status().is_success(), answer.into_body());
    let (mut all, mut sent) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| ToolError::transient(format!("The answer broke off: {}.", causes(&error))))?;
        all.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if all.len() > MOST {
            return Err(ToolError::new(format!("The service answered with more than {MOST} bytes.")));
        }
        let whole = whole_text(&all[sent..]);
        if fine && !whole.is_empty() {
            context.send(whole);
            sent += whole.len();
        }
    }
    Ok(all)
}

/// The beginning of some bytes that is text: a character that is cut waits for its rest.
fn whole_text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

fn output(status: StatusCode, body: &[u8]) -> Result<ToolOutput, ToolError> {
    let text = String::from_utf8_lossy(body);
    if status.is_success() {
        return Ok(match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => ToolOutput::Json(Value::Object(members)),
            _ => ToolOutput::Text(text.into_owned()),
        });
    }
    let quoted: String = text.trim().chars().take(QUOTED).collect();
    let message =
        format!("The service answered with status {}. {quoted}", status.as_u16()).trim_end().to_owned();
    let transient = status.is_server_error() || [408, 425, 429].contains(&status.as_u16());
    Err(ToolError { message, transient })
}

/// An error with what caused it: hyper's own texts say little.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_status_decides_what_an_answer_means() {
        let check = |status: u16, body: &str, expected: Result<ToolOutput, ToolError>| {
            assert_eq!(output(StatusCode::from_u16(status).unwrap(), body.as_bytes()), expected);
        };
        check(200, "{\"a\":1}", Ok(ToolOutput::Json(json!({"a": 1}))));
        check(204, "", Ok(ToolOutput::Text(String::new())));
        check(200, "[1]", Ok(ToolOutput::Text("[1]".into())));
        check(404, " gone ", Err(ToolError::new("The service answered with status 404. gone")));
        check(302, "", Err(ToolError::new("The service answered with status 302.")));
        for status in [408, 425, 429, 500, 503] {
            let text = format!("The service answered with status {status}. busy");
            check(status, "busy", Err(ToolError::transient(text)));
        }
    }

    #[test]
    fn a_character_that_is_cut_waits_for_its_rest() {
        assert_eq!((whole_text("aé".as_bytes()), whole_text(&"aé".as_bytes()[..2])), ("aé", "a"));
    }

    #[test]
    fn what_is_no_address_or_header_is_refused() {
        let tool = |url| HttpTool::new("x", "X.", json!({"type": "object"}), HttpPool::new().unwrap(), url);
        for url in ["", "/path", "localhost:1", "ftp://a/b"] {
            assert!(matches!(tool(url), Err(HttpToolError::Url(_))), "{url}");
        }
        let tool = tool("https://a/b?c=d").unwrap();
        assert!(matches!(tool.clone().with_header("a b", "x"), Err(HttpToolError::Header(_))));
        assert!(!format!("{:?}", tool.with_header("authorization", "hush").unwrap()).contains("hush"));
    }
}
