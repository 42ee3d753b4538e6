//! Keeps web pages of others away from a service on this machine: a page can send requests to any address that its reader's
//! machine can reach.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Lets a request through that comes from no page, or from our own.
pub(super) async fn check(any_host: bool, request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    match foreign(request.headers(), authority, any_host) {
        None => next.run(request).await,
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
    }
}

/// `authority` is what HTTP/2 has in the place of `Host`.
fn foreign(headers: &HeaderMap, authority: Option<&str>, any_host: bool) -> Option<&'static str> {
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let host = text(header::HOST).or(authority).unwrap_or_default();
    if !any_host && !is_local(host) {
        return Some("this service answers to localhost alone");
    }
    let own = |origin: &str| origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host));
    let cross = text(header::ORIGIN).is_some_and(|origin| !own(origin))
        || headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    cross.then_some("pages of other sites may not ask here")
}

/// Whether a `Host` names this machine and nothing that a name server could point at it.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_others_are_kept_away_and_programs_are_not() {
        let check = |pairs: &[(&'static str, &'static str)], fine: bool| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, axum::http::HeaderValue::from_static(value));
            }
            assert_eq!(foreign(&headers, None, false).is_none(), fine, "{pairs:?}");
        };
        check(&[("host", "127.0.0.1:4000")], true);
        check(&[("host", "[::1]:4000")], true);
        check(&[("host", "localhost:4000"), ("origin", "http://localhost:4000")], true);
        check(&[("host", "localhost:4000"), ("origin", "http://localhost:5000")], false);
        check(&[("host", "localhost:4000"), ("origin", "null")], false);
        check(&[("host", "localhost:4000"), ("sec-fetch-site", "cross-site")], false);
        check(&[("host", "evil.example")], false);
        check(&[], false);
        let none = HeaderMap::new();
        assert!(foreign(&none, Some("127.0.0.1:4000"), false).is_none());
        assert!(foreign(&none, Some("evil.example"), false).is_some());
    }
}
