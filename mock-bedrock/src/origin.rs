//! Which web pages may change something here: those of this machine. Pure.
//!
//! A page anywhere can send requests to loopback, and by DNS rebinding read the answers too. Browsers name the page in
//! `Origin` (RFC 6454, section 7); programs send none. The Model Context Protocol asks servers to look at it
//! (modelcontextprotocol.io, revision 2025-06-18, "Transports", security warning).

use http::{HeaderMap, HeaderValue, header};

/// What a stranger is told.
pub(crate) const FOREIGN: &str = "the header origin names a page that is not of this machine";

/// Hosts of this machine, as they stand in an origin.
const HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Whether a page that is not of this machine sent the request.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get_all(header::ORIGIN).iter().any(|origin| !is_loopback(origin))
}

fn is_loopback(origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let of = |rest: &str, host: &&str| match rest.strip_prefix(host) {
        Some("") => true,
        Some(port) => port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()),
        None => false,
    };
    rest.is_some_and(|rest| HOSTS.iter().any(|host| of(rest, host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_machine_are_no_strangers() {
        for (origin, foreign) in [
            ("http://127.0.0.1", false),
            ("http://127.0.0.1:8080", false),
            ("https://localhost:3000", false),
            ("http://[::1]:1", false),
            ("https://[::1]", false),
            ("null", true),
            ("", true),
            ("localhost", true),
            ("file://localhost", true),
            ("https://example.com", true),
            ("http://localhost.example.com", true),
            ("http://localhost:80.example.com", true),
            ("http://127.0.0.1.example.com:80", true),
            ("http://localhost@example.com", true),
            ("http://localhost:", true),
            ("http://[::1", true),
        ] {
            let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
            assert_eq!(is_foreign(&headers), foreign, "{origin}");
        }
        assert!(!is_foreign(&HeaderMap::new()), "programs send none");
    }

    #[test]
    fn one_stranger_of_two_is_enough() {
        let mut headers = HeaderMap::new();
        headers.append(header::ORIGIN, HeaderValue::from_static("http://localhost"));
        headers.append(header::ORIGIN, HeaderValue::from_static("http://example.com"));
        assert!(is_foreign(&headers));
    }
}
