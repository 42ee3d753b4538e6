//! Cassettes of Datadog's test agent, JSON: one exchange a file, binary bodies as `base64:…`. Its YAML cassettes are those of
//! vcrpy. No times are kept.

use super::Entries;
use super::body::{Content, base64};
use super::exchange::{Exchange, content, headers, status};
use super::tree::Tree;

/// The one exchange of a cassette.
pub(super) fn entries(document: &Tree) -> Entries {
    vec![entry(document)]
}

fn entry(document: &Tree) -> Result<Exchange, String> {
    let request = document.get("request").ok_or("it has no `request`")?;
    let response = document.get("response").ok_or("it has no `response`")?;
    Ok(Exchange {
        method: request.text_at("method").unwrap_or("POST").to_owned(),
        url: request.text_at("url").ok_or("its request has no `url`")?.to_owned(),
        asked: headers(request.get("headers")),
        request: body(request)?,
        status: status(response.at(&["status", "code"]))?,
        headers: headers(response.get("headers")),
        body: body(response)?,
        ..Exchange::default()
    })
}

fn body(side: &Tree) -> Result<Content, String> {
    match side.text_at("body").and_then(|text| text.strip_prefix("base64:")) {
        Some(packed) => base64(packed).map(Content::Bytes),
        None => Ok(content(side.get("body"))),
    }
}
