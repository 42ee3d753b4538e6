//! HAR 1.2, of browsers and proxies, and as Polly.JS (Node.js) writes it: packed bodies as a list of base64 or hex inside a
//! text. The time until the head and the time that the body took are kept.

use super::Entries;
use super::body::{Content, base64, hex, is_hex};
use super::exchange::{Exchange, headers, millis, status};
use super::tree::Tree;
use serde_json::Value;
use std::time::Duration;

/// What happens before the head comes; `ssl` is a part of `connect`.
const BEFORE: [&str; 5] = ["blocked", "dns", "connect", "send", "wait"];

/// The exchanges of a file.
pub(super) fn entries(document: &Tree) -> Entries {
    document.at(&["log", "entries"]).map_or(&[][..], Tree::items).iter().map(entry).collect()
}

/// The name that Polly gives a recording: `Suite/test`.
pub(super) fn name(document: &Tree) -> Option<String> {
    document.at(&["log", "_recordingName"])?.text().map(str::to_owned)
}

fn entry(entry: &Tree) -> Result<Exchange, String> {
    let request = entry.get("request").ok_or("it has no `request`")?;
    let response = entry.get("response").ok_or("it has no `response`")?;
    let (began, ended) = times(entry);
    Ok(Exchange {
        method: request.text_at("method").unwrap_or("POST").to_owned(),
        url: request.text_at("url").ok_or("its request has no `url`")?.to_owned(),
        asked: headers(request.get("headers")),
        request: body(request.get("postData"))?,
        status: status(response.get("status"))?,
        headers: headers(response.get("headers")),
        body: body(response.get("content"))?,
        began,
        ended,
    })
}

fn times(entry: &Tree) -> (Duration, Duration) {
    let part = |name: &str| entry.at(&["timings", name]).and_then(Tree::number).unwrap_or(0.0).max(0.0);
    let known = entry.get("timings").is_some_and(|timings| timings.has("wait"));
    let whole = entry.get("time").and_then(Tree::number).unwrap_or(0.0);
    let before = if known { BEFORE.iter().map(|name| part(name)).sum() } else { whole };
    (millis(before), millis(before + part("receive")))
}

fn body(content: Option<&Tree>) -> Result<Content, String> {
    let Some(content) = content else { return Ok(Content::Nothing) };
    let Some(text) = content.text_at("text") else { return Ok(Content::Nothing) };
    let is_base64 = content.text_at("encoding") == Some("base64");
    let is_binary = content.get("_isBinary") == Some(&Tree::Scalar(Value::Bool(true)));
    if !is_base64 && !is_binary {
        return Ok(Content::Text(text.to_owned()));
    }
    let pieces: Vec<String> = serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()]);
    let decoded: Result<Vec<Vec<u8>>, String> = pieces
        .iter()
        .map(|piece| if is_base64 || !is_hex(piece) { base64(piece) } else { hex(piece) })
        .collect();
    decoded.map(|pieces| Content::Bytes(pieces.concat()))
}
