//! Cassettes of VCR (Ruby), YAML or JSON: bodies as texts, as `!binary`, or as `base64_string`. When each was recorded is
//! kept, how long it took is not.

use super::Entries;
use super::body::{Content, base64};
use super::exchange::{Exchange, content, headers, status};
use super::tree::Tree;

/// The exchanges of a cassette.
pub(super) fn entries(document: &Tree) -> Entries {
    document.get("http_interactions").map_or(&[][..], Tree::items).iter().map(entry).collect()
}

fn entry(interaction: &Tree) -> Result<Exchange, String> {
    let request = interaction.get("request").ok_or("it has no `request`")?;
    let response = interaction.get("response").ok_or("it has no `response`")?;
    Ok(Exchange {
        method: request.text_at("method").unwrap_or("post").to_owned(),
        url: request.text_at("uri").ok_or("its request has no `uri`")?.to_owned(),
        asked: headers(request.get("headers")),
        request: body(request)?,
        status: status(response.at(&["status", "code"]).or_else(|| response.get("status")))?,
        headers: headers(response.get("headers")),
        body: body(response)?,
        ..Exchange::default()
    })
}

fn body(side: &Tree) -> Result<Content, String> {
    let Some(body) = side.get("body") else { return Ok(Content::Nothing) };
    match body.text_at("base64_string") {
        Some(text) => base64(text).map(Content::Bytes),
        None => Ok(content(Some(body.get("string").unwrap_or(body)))),
    }
}
