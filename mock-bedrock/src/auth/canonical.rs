//! The canonical form of a request, which is what is signed (AWS, "Create a signed AWS API request", step 1).

use super::Denied;
use crate::arrival::RawRequest;
use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stays as it is: the unreserved characters (RFC 3986, 2.3).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a path slashes stay too.
const PATH: AsciiSet = RESERVED.remove(b'/');

/// Headers that a signature must cover.
const COVERED: [&str; 2] = ["host", ":authority"];

/// The parts of a request.
pub(super) struct Canonical<'a> {
    pub(super) method: &'a str,
    /// As it came.
    pub(super) path: &'a str,
    /// As it came; empty where there is none.
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// The host, where HTTP/2 has it in `:authority` instead of a header.
    pub(super) authority: Option<&'a str>,
    /// Whether `.` and `..` are taken out of the path: for every service but S3.
    pub(super) normalized: bool,
}

impl<'a> Canonical<'a> {
    /// Of a request.
    pub(super) fn of(request: &'a RawRequest) -> Self {
        let path = request.uri.path();
        let query = request.uri.query().unwrap_or_default();
        let authority = request.uri.authority().map(http::uri::Authority::as_str);
        Self {
            method: request.method.as_str(),
            path,
            query,
            headers: &request.headers,
            authority,
            normalized: true,
        }
    }

    /// Its text, with these headers and this payload hash.
    ///
    /// # Errors
    /// When a signed header is not there, or the host is not signed.
    pub(super) fn text(&self, signed: &[String], payload_hash: &str) -> Result<String, Denied> {
        if !signed.iter().any(|name| COVERED.contains(&name.as_str())) {
            return Err(Denied::HostUnsigned);
        }
        let mut headers = String::new();
        for name in signed {
            let value = self.header(name).ok_or(Denied::Mismatch)?;
            headers.push_str(&format!("{name}:{value}\n"));
        }
        let (path, query, names) = (self.path(), self.query(), signed.join(";"));
        Ok(format!("{}\n{path}\n{query}\n{headers}\n{names}\n{payload_hash}", self.method))
    }

    /// The values of a header, joined, each with single spaces.
    fn header(&self, name: &str) -> Option<String> {
        let of_headers: Vec<String> =
            self.headers.get_all(name).iter().map(|value| trimmed(value.as_bytes())).collect();
        if !of_headers.is_empty() {
            return Some(of_headers.join(","));
        }
        self.authority.filter(|_| COVERED.contains(&name)).map(str::to_owned)
    }

    pub(super) fn path(&self) -> String {
        let path = if self.normalized { normalized(self.path) } else { self.path.to_owned() };
        let encoded = utf8_percent_encode(&path, &PATH).to_string();
        if encoded.is_empty() { "/".to_owned() } else { encoded }
    }

    fn query(&self) -> String {
        let encode = |text: &str| {
            let plain = percent_decode_str(text).decode_utf8_lossy().into_owned();
            utf8_percent_encode(&plain, &RESERVED).to_string()
        };
        let parts = self.query.split('&').filter(|part| !part.is_empty());
        let mut pairs: Vec<(String, String)> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (encode(name), encode(value)))
            .collect();
        pairs.sort();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

fn trimmed(value: &[u8]) -> String {
    String::from_utf8_lossy(value).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without empty parts, `.` and `..` (RFC 3986, 5.2.4).
fn normalized(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let end = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    format!("/{}{end}", parts.join("/"))
}
