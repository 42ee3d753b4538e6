//! From an HTTP request to a `Call`, and the session it belongs to.
//!
//! It decides nothing about the answer.

use crate::arrival::{OpenBody, RawBody, drain};
use crate::refusal::Unreadable;
use crate::validate::surrogate::lone;
use bytes::{Bytes, BytesMut};
use faultline_scenarios::exchange::safe_headers;
use faultline_wire::{Call, Operation, Route};
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use std::sync::Arc;

/// The name of HTTP/1.1 in an exchange.
pub(crate) const HTTP_1: &str = "HTTP/1.1";

/// The name of HTTP/2 in an exchange.
pub(crate) const HTTP_2: &str = "HTTP/2.0";

/// The header that names a session.
const SESSION: &str = "x-faultline-session";

/// The name of a protocol version in an exchange.
pub(crate) fn name(version: Version) -> &'static str {
    if version == Version::HTTP_2 { HTTP_2 } else { HTTP_1 }
}

/// The session of a request: its header, else its base path without a leading `s/`, else the default one.
pub(crate) fn session(headers: &HeaderMap, base: &str, default: &Arc<str>) -> Arc<str> {
    let named = headers.get(SESSION).and_then(|value| value.to_str().ok());
    let name = named.unwrap_or_else(|| base.strip_prefix("s/").unwrap_or(base));
    if name.is_empty() { Arc::clone(default) } else { Arc::from(name) }
}

/// What was read of a request.
pub(crate) struct Read {
    /// The call; it is there even when its body cannot be read: it is journaled.
    pub(crate) call: Call,
    /// Why its body cannot be read, if so.
    pub(crate) unreadable: Option<Unreadable>,
    /// The body as it came.
    pub(crate) body: RawBody,
}

/// Reads the body and makes the call.
pub(crate) async fn call(
    route: Route,
    headers: &HeaderMap,
    body: Incoming,
    limit: usize,
) -> Result<Read, hyper::Error> {
    let headers = kept(headers);
    if route.operation == Operation::InvokeModelWithBidirectionalStream {
        // Both directions are open at once: the answer must not wait for the end of the request.
        let call = Call::new(route, headers, Value::Null);
        return Ok(Read { call, unreadable: None, body: RawBody::Open(OpenBody::new(body)) });
    }
    let (bytes, read) = match whole(body, limit).await? {
        Some(bytes) => (bytes.clone(), parse(&bytes)),
        None => (Bytes::new(), Err(Unreadable::TooLong(limit))),
    };
    let (json, unreadable) = match read {
        Ok(json) => (json, None),
        Err(why) => (Value::Null, Some(why)),
    };
    Ok(Read { call: Call::new(route, headers, json), unreadable, body: RawBody::Whole(bytes) })
}

fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    if bytes.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice(bytes).map_err(|_| lone(bytes).map_or(Unreadable::Json, Unreadable::Surrogate))
    }
}

/// The headers as an exchange keeps them: in order, names in lower case, no secrets.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| (name.as_str().to_owned(), text(value));
    safe_headers(headers.iter().map(pair).collect())
}

/// A value as text: nearly always ASCII, else whatever can be read of it.
fn text(value: &HeaderValue) -> String {
    value.to_str().map_or_else(|_| String::from_utf8_lossy(value.as_bytes()).into_owned(), str::to_owned)
}

/// The whole body; `None` when it is longer than `limit`. The rest of a long body is read and dropped, so that
/// the client gets to read its answer.
async fn whole(mut body: Incoming, limit: usize) -> Result<Option<Bytes>, hyper::Error> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            tokio::spawn(drain(body));
            return Ok(None);
        }
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(Some(if rest.is_empty() { first } else { rest.freeze() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: Option<&'static str>, base: &str, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(name) = header {
            headers.insert(SESSION, HeaderValue::from_static(name));
        }
        assert_eq!(&*session(&headers, base, &Arc::from("")), expected);
    }

    #[test]
    fn the_session_is_the_header_else_the_base_path() {
        check(None, "", "");
        check(None, "s/messages/tool_parallel", "messages/tool_parallel");
        check(None, "scenario1", "scenario1");
        check(Some("mine"), "s/other", "mine");
    }

    #[test]
    fn an_empty_body_is_null_and_a_broken_one_is_unreadable() {
        assert_eq!(parse(b""), Ok(Value::Null));
        assert_eq!(parse(b"{}"), Ok(serde_json::json!({})));
        assert_eq!(parse(b"{\"a\":"), Err(Unreadable::Json));
        assert!(matches!(parse(br#"{"a":"\ud83d"}"#), Err(Unreadable::Surrogate(_))));
    }
}
