//! Cassettes of vcrpy (Python), YAML or JSON: bodies as texts, as `!!binary`, gzipped, or as `parsed_body`, as suites keep
//! them that want JSON to be readable; requests and responses beside each other, as LangChain's suites keep them. No times
//! are kept.

use super::Entries;
use super::body::{Content, base64};
use super::exchange::{Exchange, content, headers, status};
use super::tree::Tree;

/// The exchanges of a cassette.
pub(super) fn entries(document: &Tree) -> Entries {
    let list = |name: &str| document.get(name).map_or(&[][..], Tree::items);
    let together = list("interactions").iter().map(interaction);
    let apart = list("requests").iter().enumerate();
    let apart = apart.map(|(number, request)| exchange(Some(request), list("responses").get(number)));
    together.chain(apart).collect()
}

/// Whether requests and responses stand in two lists.
pub(super) fn is_apart(document: &Tree) -> bool {
    let is_list = |name: &str| matches!(document.get(name), Some(Tree::List(_)));
    is_list("requests") && is_list("responses")
}

fn interaction(both: &Tree) -> Result<Exchange, String> {
    exchange(both.get("request"), both.get("response"))
}

fn exchange(request: Option<&Tree>, response: Option<&Tree>) -> Result<Exchange, String> {
    let request = request.ok_or("it has no `request`")?;
    let response = response.ok_or("it has no `response`")?;
    let code = response.at(&["status", "code"]).or_else(|| response.get("status_code"));
    Ok(Exchange {
        method: request.text_at("method").unwrap_or("POST").to_owned(),
        url: request.text_at("uri").ok_or("its request has no `uri`")?.to_owned(),
        asked: headers(request.get("headers")),
        request: body(request)?,
        status: status(code)?,
        headers: headers(response.get("headers")),
        body: body(response)?,
        ..Exchange::default()
    })
}

fn body(side: &Tree) -> Result<Content, String> {
    if side.has("parsed_body") {
        return Ok(content(side.get("parsed_body")).into_json());
    }
    let body = side.get("body").or_else(|| side.get("content"));
    match body.and_then(|body| body.text_at("base64_string")) {
        Some(text) => base64(text).map(Content::Bytes),
        None => Ok(content(body.map(|body| body.get("string").unwrap_or(body)))),
    }
}
