//! Status line and headers of an answer.

use faultline_scenarios::plan::Head;
use http::{HeaderName, HeaderValue, Response, StatusCode, header, response};

/// `x-amzn-RequestId`. Names go out in lower case on both protocols: HTTP/2 demands it, and over HTTP/1.1,
/// where Bedrock was recorded with `x-amzn-RequestId` and `Content-Type`, case means nothing (RFC 9110, 5.1).
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The head as hyper wants it. `date` is hyper's. A header that HTTP cannot carry is left out, with a warning.
pub(super) fn parts(head: &Head, request_id: &str) -> response::Parts {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = StatusCode::from_u16(head.status).unwrap_or_else(|_| {
        tracing::warn!(status = head.status, "no HTTP status: 500 is sent instead");
        StatusCode::INTERNAL_SERVER_ERROR
    });
    parts.headers.reserve(head.headers.len() + 3);
    for (name, value) in &head.headers {
        match (self::name(name), self::value(value)) {
            (Some(name), Some(value)) => drop(parts.headers.append(name, value)),
            _ => tracing::warn!(%name, %value, "HTTP cannot carry this header: it is left out"),
        }
    }
    if !parts.headers.contains_key(REQUEST_ID)
        && let Some(id) = self::value(request_id)
    {
        parts.headers.insert(REQUEST_ID, id);
    }
    parts
}

fn name(text: &str) -> Option<HeaderName> {
    if text == "content-type" { Some(header::CONTENT_TYPE) } else { text.parse().ok() }
}

/// The common content types cost no allocation.
fn value(text: &str) -> Option<HeaderValue> {
    match text {
        "application/json" => Some(HeaderValue::from_static("application/json")),
        faultline_scenarios::plan::EVENT_STREAM => {
            Some(HeaderValue::from_static(faultline_scenarios::plan::EVENT_STREAM))
        }
        _ => HeaderValue::from_str(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plans_own_request_id_is_kept() {
        let mut head = Head::new(200, "application/json");
        assert_eq!(parts(&head, "made").headers["x-amzn-requestid"], "made");
        head.headers.push(("x-amzn-requestid".into(), "own".into()));
        assert_eq!(parts(&head, "made").headers["x-amzn-requestid"], "own");
    }

    #[test]
    fn what_http_cannot_carry_is_left_out() {
        let mut head = Head::new(9999, "text/plain");
        head.headers.push(("bad name".into(), "x".into()));
        head.headers.push(("x-bad".into(), "line\nbreak".into()));
        let parts = parts(&head, "id");
        assert_eq!((parts.status.as_u16(), parts.headers.len()), (500, 2));
    }
}
