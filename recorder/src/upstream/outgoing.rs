//! A request as it goes out: what belongs to the connection it came by, and to whoever signed it, stays behind. Pure.

use faultline_mock_bedrock::RawRequest;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Request, Uri, request};

/// Headers of one connection (RFC 9110, 7.6.1), and those that say how the body comes.
const OF_THE_CONNECTION: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers of the signature that the client made: it does not fit any more.
const OF_THE_SIGNATURE: [&str; 4] =
    ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];

/// In front of the names of headers that are for us.
const OURS: &str = "x-faultline-";

/// Why a request cannot be passed on.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be passed on: {0}")]
pub(crate) struct Unsendable(#[from] http::Error);

/// The endpoint of a URL; none where it has no host, or a scheme that is not HTTP's.
pub(super) fn base(url: &str) -> Option<Uri> {
    let uri: Uri = url.parse().ok()?;
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    (scheme && uri.host().is_some_and(|host| !host.is_empty()) && uri.query().is_none()).then_some(uri)
}

/// Method, address and headers for the upstream at `base`.
pub(super) fn parts(raw: &RawRequest, base: &Uri) -> Result<request::Parts, Unsendable> {
    let whole = format!("{}{}", base.path().trim_end_matches('/'), raw.path());
    let path: PathAndQuery = whole.parse().map_err(http::Error::from)?;
    let mut uri = base.clone().into_parts();
    uri.path_and_query = Some(path);
    let uri = Uri::from_parts(uri).map_err(http::Error::from)?;
    let (mut parts, ()) = Request::builder().method(raw.method.clone()).uri(uri).body(())?.into_parts();
    parts.headers = headers(&raw.headers);
    Ok(parts)
}

fn headers(came: &HeaderMap) -> HeaderMap {
    // What `connection` names belongs to the connection too.
    let named = came.get_all("connection").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        named.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
    let goes_on = |name: &HeaderName| {
        let name = name.as_str();
        !OF_THE_CONNECTION.contains(&name)
            && !OF_THE_SIGNATURE.contains(&name)
            && !name.starts_with(OURS)
            && !named.iter().any(|other| other == name)
    };
    came.iter().filter(|(name, _)| goes_on(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_mock_bedrock::RawBody;
    use http::{HeaderValue, Method};

    #[test]
    fn an_endpoint_is_a_scheme_and_a_host() {
        for good in ["https://bedrock-runtime.us-east-1.amazonaws.com", "http://127.0.0.1:1", "http://h/p/"] {
            assert!(base(good).is_some(), "{good}");
        }
        for bad in ["", "localhost:80", "ftp://h", "/p", "https://h?q", "http://"] {
            assert!(base(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_request_goes_on_as_it_came() {
        let mut came = HeaderMap::new();
        for (name, value) in [
            ("host", "127.0.0.1:8080"),
            ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
            ("x-amz-date", "20260101T000000Z"),
            ("x-faultline-session", "s"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("content-length", "2"),
            ("content-type", "application/json"),
            ("amz-sdk-invocation-id", "i"),
            ("x-twice", "1"),
        ] {
            came.append(name, HeaderValue::from_static(value));
        }
        came.append("x-twice", HeaderValue::from_static("2"));
        let uri = "/s/test/model/us.anthropic.claude-1%3A0/converse?x=1".parse().unwrap();
        let raw = RawRequest { method: Method::POST, uri, headers: came, body: RawBody::Whole("{}".into()) };
        let parts = parts(&raw, &base("https://up.example/pre/").unwrap()).unwrap();
        assert_eq!(
            parts.uri.to_string(),
            "https://up.example/pre/model/us.anthropic.claude-1%3A0/converse?x=1"
        );
        let names: Vec<&str> = parts.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["content-type", "amz-sdk-invocation-id", "x-twice"]);
        assert_eq!(parts.headers.get_all("x-twice").iter().count(), 2);
    }
}
