//! The tool server's HTTP requests.

use super::mcp::{self, Reply};
use super::play::{Body, play};
use super::{http_form, listed};
use crate::origin;
use bytes::Bytes;
use faultline_scenarios::tool_key::tool_key;
use faultline_scenarios::tool_stub::ToolStub;
use http::{Method, Request, Response, StatusCode, header, request};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use socket2::Socket;
use std::io;
use std::sync::Arc;

/// The longest input in bytes.
const LONGEST: usize = 8 * 1024 * 1024;

/// Headers that name a call, the more telling first.
const KEYS: [&str; 2] = ["idempotency-key", "x-tool-use-id"];

/// Serves one request.
///
/// # Errors
/// When the tool's plan ends the connection without an answer.
pub(super) async fn serve(
    stub: Arc<ToolStub>,
    socket: Option<Arc<Socket>>,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    if guarded(&parts) && origin::is_foreign(&parts.headers) {
        return answer(StatusCode::FORBIDDEN, Some(&json!({ "error": origin::FOREIGN })));
    }
    let Ok(body) = Limited::new(body, LONGEST).collect().await else {
        return answer(
            StatusCode::PAYLOAD_TOO_LARGE,
            Some(&json!({ "error": "the input is longer than 8 MiB" })),
        );
    };
    let body = body.to_bytes();
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/tools") => answer(StatusCode::OK, Some(&json!(listed(&stub)))),
        (&Method::GET, "/effects") => answer(StatusCode::OK, Some(&effects(&stub))),
        (&Method::POST, "/reset") => {
            stub.reset();
            answer(StatusCode::OK, Some(&json!({ "reset": true })))
        }
        (&Method::POST, "/mcp") => rpc(&stub, socket, &body).await,
        // No stream from the server, and no sessions to end: as the transport wants it said.
        (_, "/mcp") => answer(StatusCode::METHOD_NOT_ALLOWED, None),
        (&Method::POST, path) => match path.strip_prefix("/tools/") {
            Some(name) => call(&stub, socket, name, &parts, &body).await,
            None => missing(),
        },
        _ => missing(),
    }
}

/// Whether web pages of other machines are kept out.
fn guarded(parts: &request::Parts) -> bool {
    parts.method == Method::POST && ["/mcp", "/reset"].contains(&parts.uri.path())
}

fn effects(stub: &ToolStub) -> Value {
    let one = |effect: &faultline_scenarios::tool_stub::Effect| json!({ "tool": effect.tool, "key": effect.key, "count": effect.count });
    stub.effects().iter().map(one).collect()
}

async fn call(
    stub: &ToolStub,
    socket: Option<Arc<Socket>>,
    name: &str,
    parts: &request::Parts,
    body: &Bytes,
) -> io::Result<Response<Body>> {
    let input = if body.is_empty() { Ok(json!({})) } else { serde_json::from_slice(body) };
    let Ok(input) = input else {
        return answer(StatusCode::BAD_REQUEST, Some(&json!({ "error": "the input is not JSON" })));
    };
    let header =
        |key: &&str| parts.headers.get(*key).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let key = KEYS.iter().find_map(header).unwrap_or_else(|| tool_key(name, &input));
    match stub.call(name, &key, http_form::http) {
        Some(plan) => play(plan, socket).await,
        None => answer(StatusCode::NOT_FOUND, Some(&json!({ "error": format!("there is no tool {name}") }))),
    }
}

async fn rpc(stub: &ToolStub, socket: Option<Arc<Socket>>, body: &Bytes) -> io::Result<Response<Body>> {
    match mcp::answer(stub, body) {
        Reply::Nothing => answer(StatusCode::ACCEPTED, None),
        Reply::Refused(value) => answer(StatusCode::BAD_REQUEST, Some(&value)),
        Reply::Now(value) => answer(StatusCode::OK, Some(&value)),
        Reply::Played(plan) => play(plan, socket).await,
    }
}

fn missing() -> io::Result<Response<Body>> {
    let here = "here are: POST /tools/NAME, POST /mcp, GET /tools, GET /effects, POST /reset";
    answer(StatusCode::NOT_FOUND, Some(&json!({ "error": here })))
}

/// An answer at once.
fn answer(status: StatusCode, body: Option<&Value>) -> io::Result<Response<Body>> {
    let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let mut response = Response::builder().status(status).header(header::CONTENT_LENGTH, bytes.len());
    if body.is_some() {
        response = response.header(header::CONTENT_TYPE, "application/json");
    }
    let (mut sender, channel) = Channel::new(1);
    // The channel holds one frame and has none yet.
    let _ = sender.try_send(http_body::Frame::data(bytes));
    response.body(channel).map_err(io::Error::other)
}
