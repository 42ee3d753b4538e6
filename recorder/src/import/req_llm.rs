//! Fixtures of req_llm (Elixir), JSON: one exchange a file, streams as `chunks` with the borders at which they came, or as
//! `events`. No times are kept.

use super::Entries;
use super::body::{Content, base64};
use super::exchange::{Exchange, content, headers, status};
use super::tree::Tree;

/// The one exchange of a fixture.
pub(super) fn entries(document: &Tree) -> Entries {
    vec![entry(document)]
}

/// Whether a document is a fixture.
pub(super) fn is_fixture(document: &Tree) -> bool {
    let Some(request) = document.get("request") else { return false };
    let told = request.has("canonical_json") || request.at(&["body", "b64"]).is_some();
    document.has("response") && (told || document.has("chunks") || document.has("events"))
}

fn entry(document: &Tree) -> Result<Exchange, String> {
    let request = document.get("request").ok_or("it has no `request`")?;
    let response = document.get("response").ok_or("it has no `response`")?;
    let asked = match request.get("canonical_json") {
        // The body beside it is made of it.
        Some(json) if request.has("canonical_json") => content(Some(json)),
        _ => body(request.get("body"))?,
    };
    let pieces = document.get("chunks").or_else(|| document.get("events"));
    Ok(Exchange {
        method: request.text_at("method").unwrap_or("POST").to_owned(),
        url: request.text_at("url").ok_or("its request has no `url`")?.to_owned(),
        asked: headers(request.get("headers")),
        request: asked,
        status: status(response.get("status"))?,
        headers: headers(response.get("headers")),
        body: match pieces {
            Some(pieces) => chunks(pieces)?,
            None => body(response.get("body"))?,
        },
        ..Exchange::default()
    })
}

fn chunks(pieces: &Tree) -> Result<Content, String> {
    let packed = pieces.items().iter().filter_map(|piece| piece.text_at("b64"));
    packed.map(base64).collect::<Result<Vec<_>, _>>().map(Content::Pieces)
}

fn body(body: Option<&Tree>) -> Result<Content, String> {
    match body.and_then(|body| body.text_at("b64")) {
        Some(packed) => base64(packed).map(Content::Bytes),
        None => Ok(content(body)),
    }
}
