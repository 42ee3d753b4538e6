//! Recordings of httpmock (Rust), YAML: a document for each exchange, binary bodies with `body_encoding: base64`. Delays that
//! a mock plays are kept.

use super::Entries;
use super::body::{Content, base64};
use super::exchange::{Exchange, content, headers, millis, status};
use super::tree::Tree;

/// The one exchange of a document.
pub(super) fn entries(document: &Tree) -> Entries {
    vec![entry(document)]
}

fn entry(document: &Tree) -> Result<Exchange, String> {
    let when = document.get("when").ok_or("it has no `when`")?;
    let then = document.get("then").ok_or("it has no `then`")?;
    let delay = millis(then.get("delay").and_then(Tree::number).unwrap_or_default());
    Ok(Exchange {
        method: when.text_at("method").unwrap_or("POST").to_owned(),
        url: when.text_at("path").ok_or("its `when` has no `path`")?.to_owned(),
        asked: headers(when.get("header")),
        request: body(when)?,
        status: then.get("status").map_or(Ok(200), |code| status(Some(code)))?,
        headers: headers(then.get("header")),
        body: body(then)?,
        began: delay,
        ended: delay,
    })
}

fn body(side: &Tree) -> Result<Content, String> {
    match side.text_at("body") {
        Some(packed) if side.text_at("body_encoding") == Some("base64") => base64(packed).map(Content::Bytes),
        _ => Ok(content(side.get("body"))),
    }
}
