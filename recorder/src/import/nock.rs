//! Recordings of nock (Node.js): bodies as JSON, as texts, as hex where they are binary, or as lists of hex where they came
//! packed. No times are kept.

use super::Entries;
use super::body::{Content, hex, is_hex};
use super::exchange::{Exchange, content, header, headers, status};
use super::tree::Tree;
use faultline_wire::Header;
use serde_json::Value;

/// The exchanges of a recording.
pub(super) fn entries(document: &Tree) -> Entries {
    document.items().iter().map(entry).collect()
}

fn entry(definition: &Tree) -> Result<Exchange, String> {
    let path = definition.text_at("path").ok_or("it has no `path`")?;
    let answered = headers(definition.get("rawHeaders").or_else(|| definition.get("headers")));
    Ok(Exchange {
        method: definition.text_at("method").unwrap_or("POST").to_owned(),
        url: format!("{}{path}", definition.text_at("scope").unwrap_or_default()),
        asked: headers(definition.get("reqheaders")),
        request: content(definition.get("body")),
        status: definition.get("status").map_or(Ok(200), |code| status(Some(code)))?,
        body: body(definition, &answered)?,
        headers: answered,
        ..Exchange::default()
    })
}

fn body(definition: &Tree, headers: &[Header]) -> Result<Content, String> {
    let is_binary = definition.get("responseIsBinary") == Some(&Tree::Scalar(Value::Bool(true)));
    match definition.get("response") {
        Some(Tree::Text(text)) if is_binary || is_frames(text) => hex(text).map(Content::Bytes),
        Some(Tree::List(items)) if is_packed(items, is_binary, headers) => {
            let pieces: Result<Vec<Vec<u8>>, String> =
                items.iter().map(|item| hex(item.text().unwrap_or_default())).collect();
            pieces.map(|pieces| Content::Bytes(pieces.concat()))
        }
        other => Ok(content(other)),
    }
}

/// A list of hex is packed bytes, where the headers do not say that it is JSON of its own.
fn is_packed(items: &[Tree], is_binary: bool, headers: &[Header]) -> bool {
    let are_hex = items.iter().all(|item| item.text().is_some_and(is_hex));
    !items.is_empty() && are_hex && (is_binary || header(headers, "content-encoding").is_some())
}

/// Versions that do not say what is binary: a frame in hex begins with its length.
fn is_frames(text: &str) -> bool {
    text.len() >= 32 && text.starts_with("0000") && is_hex(text)
}
