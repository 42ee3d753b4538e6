//! Keeps web pages of others away: a page can send requests to any address that its reader's machine can reach.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::net::IpAddr;

/// Lets a request through that comes from no page, or from our own.
pub(super) async fn check(request: Request, next: Next) -> Response {
    if foreign(request.headers()) {
        return (StatusCode::FORBIDDEN, "pages of other sites may not ask here").into_response();
    }
    next.run(request).await
}

fn foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let own = |origin: &str| origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host));
    !is_local(host)
        || text(header::ORIGIN).is_some_and(|origin| !own(origin))
        || (headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") && !opens(headers))
}

/// Whether somebody follows a link to here: the page that has the link learns nothing of the answer.
fn opens(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && headers.get("sec-fetch-dest").is_some_and(|to| to == "document")
}

/// Whether a `Host` names this machine and nothing that a name server could point at it.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
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
            assert_eq!(!foreign(&headers), fine, "{pairs:?}");
        };
        check(&[("host", "127.0.0.1:4318")], true);
        check(&[("host", "[::1]:4318")], true);
        check(&[("host", "localhost:1"), ("origin", "http://localhost:1")], true);
        check(&[("host", "localhost:1"), ("origin", "http://localhost:2")], false);
        check(&[("host", "localhost:1"), ("sec-fetch-site", "cross-site")], false);
        let link = ("sec-fetch-mode", "navigate");
        let cross = ("sec-fetch-site", "cross-site");
        check(&[("host", "localhost:1"), cross, link, ("sec-fetch-dest", "document")], true);
        check(&[("host", "localhost:1"), cross, link, ("sec-fetch-dest", "iframe")], false);
        check(&[("host", "evil.example")], false);
        check(&[], false);
    }
}
