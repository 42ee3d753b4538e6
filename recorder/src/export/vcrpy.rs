//! Takes as a cassette of vcrpy: what its YAML serializer writes, version 1. It keeps no times and no ends.

use super::{reason, request_line};
use crate::take::Take;
use crate::yaml::quoted;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_wire::Header;
use serde_json::Value;
use std::fmt::Write as _;

/// How long a line of base64 is.
const LINE: usize = 76;

/// The cassette of these takes.
///
/// # Errors
/// When a take has no form there.
pub fn vcrpy(takes: &[Take]) -> Result<String, String> {
    let interactions: Result<Vec<String>, String> = takes.iter().map(interaction).collect();
    let interactions = interactions?.concat();
    let head = if interactions.is_empty() { "interactions: []\n" } else { "interactions:\n" };
    Ok(format!("{head}{interactions}version: 1\n"))
}

fn interaction(take: &Take) -> Result<String, String> {
    let (method, url) = request_line(&take.call, &take.from)?;
    let asked = match &take.call.body {
        Value::Null => "null".to_owned(),
        body => quoted(&body.to_string()),
    };
    let mut out = format!("- request:\n    body: {asked}\n");
    out.push_str(&headers(&take.call.headers));
    let _ = writeln!(out, "    method: {method}\n    uri: {}", quoted(&url));
    let _ = writeln!(out, "  response:\n    body:\n      string: {}", string(&take.body()));
    out.push_str(&headers(&take.headers));
    let (code, message) = (take.status, quoted(reason(take.status)));
    let _ = writeln!(out, "    status:\n      code: {code}\n      message: {message}");
    Ok(out)
}

fn headers(headers: &[Header]) -> String {
    if headers.is_empty() {
        return "    headers: {}\n".to_owned();
    }
    let mut out = "    headers:\n".to_owned();
    for (name, value) in headers {
        let _ = writeln!(out, "      {}:\n      - {}", quoted(name), quoted(value));
    }
    out
}

/// A text where the body is one, else base64 in lines.
fn string(body: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(body) {
        return quoted(text);
    }
    let packed = BASE64.encode(body);
    let lines =
        packed.as_bytes().chunks(LINE).map(|line| format!("\n        {}", String::from_utf8_lossy(line)));
    format!("!!binary |{}", lines.collect::<String>())
}
