//! Mappings of WireMock (Java), JSON or YAML, one or many: bodies as `body`, `base64Body`, `jsonBody`, or in a file of its
//! `__files`. Delays that a mapping plays are kept.

use super::body::{Content, base64};
use super::exchange::{Exchange, content, headers, millis, status};
use super::tree::Tree;
use super::{Beside, Entries};
use serde_json::Value;
use std::time::Duration;

/// The exchanges of mappings.
pub(super) fn entries(document: &Tree, beside: Beside<'_>) -> Entries {
    match document.get("mappings") {
        Some(mappings) => mappings.items().iter().map(|mapping| entry(mapping, beside)).collect(),
        None => vec![entry(document, beside)],
    }
}

fn entry(mapping: &Tree, beside: Beside<'_>) -> Result<Exchange, String> {
    let request = mapping.get("request").ok_or("it has no `request`")?;
    let response = mapping.get("response").ok_or("it has no `response`")?;
    if let Some(fault) = response.text_at("fault") {
        return Err(format!("it plays the fault {fault}, no answer: write it as a fault of a scenario"));
    }
    let url = ["url", "urlPath"].iter().find_map(|name| request.text_at(name));
    let url = url.ok_or("its URL is a pattern: it answers no request of its own")?;
    let (began, ended, pieces) = times(response);
    let body = match body(response, beside)? {
        Content::Nothing => Content::Nothing,
        Content::Json(value) => Content::Json(value),
        whole => dribbled(whole, pieces),
    };
    Ok(Exchange {
        method: request.text_at("method").filter(|method| *method != "ANY").unwrap_or("POST").to_owned(),
        url: url.to_owned(),
        asked: Vec::new(),
        request: asked(request)?,
        status: response.get("status").map_or(Ok(200), |code| status(Some(code)))?,
        headers: headers(response.get("headers")),
        body,
        began,
        ended,
    })
}

/// What the patterns want the body to be.
fn asked(request: &Tree) -> Result<Content, String> {
    let patterns = request.get("bodyPatterns").map_or(&[][..], Tree::items);
    let wanted = |name: &str| patterns.iter().find_map(|pattern| pattern.get(name));
    if let Some(binary) = wanted("binaryEqualTo").and_then(Tree::text) {
        return base64(binary).map(Content::Bytes);
    }
    Ok(content(wanted("equalToJson").or_else(|| wanted("equalTo"))))
}

fn body(response: &Tree, beside: Beside<'_>) -> Result<Content, String> {
    if let Some(text) = response.text_at("base64Body") {
        return base64(text).map(Content::Bytes);
    }
    if let Some(name) = response.text_at("bodyFileName") {
        let file = format!("__files/{name}");
        let found = beside(&file).or_else(|| beside(&format!("../{file}")));
        return found.map(Content::Bytes).ok_or_else(|| format!("its body is in {file}, which is not there"));
    }
    match response.get("jsonBody") {
        Some(json) => Ok(Content::Json(json.to_json())),
        None => Ok(content(response.get("body"))),
    }
}

/// When the head comes, when the last of the body, and in how many pieces.
fn times(response: &Tree) -> (Duration, Duration, usize) {
    let number = |tree: &Tree, name: &str| tree.get(name).and_then(Tree::number);
    let began = millis(number(response, "fixedDelayMilliseconds").unwrap_or_default());
    let Some(dribble) = response.get("chunkedDribbleDelay") else { return (began, began, 1) };
    let total = millis(number(dribble, "totalDuration").unwrap_or_default());
    let pieces = number(dribble, "numberOfChunks").unwrap_or(1.0).clamp(1.0, 1000.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 1 and 1000")]
    (began, began + total, pieces as usize)
}

/// A body in pieces of one length.
fn dribbled(body: Content, pieces: usize) -> Content {
    if pieces < 2 {
        return body;
    }
    let bytes = body.pieces(|_| false).concat();
    let length = bytes.len().div_ceil(pieces).max(1);
    Content::Pieces(bytes.chunks(length).map(<[u8]>::to_vec).collect())
}

/// Whether a document is a mapping.
pub(super) fn is_mapping(document: &Tree) -> bool {
    let Some(request) = document.get("request") else { return false };
    let named = ["url", "urlPath", "urlPattern", "urlPathPattern", "urlPathTemplate", "bodyPatterns"];
    let status = document.at(&["response", "status"]);
    let is_plain = status.is_none_or(|status| matches!(status, Tree::Scalar(Value::Number(_))));
    document.has("response")
        && is_plain
        && named.iter().any(|name| request.has(name))
        && !request.has("canonical_json")
}
