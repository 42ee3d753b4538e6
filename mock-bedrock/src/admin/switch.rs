//! The part of the admin API that gives sessions their cassettes.

use super::{Words, problem, refused};
use crate::cassettes::{Cassette, CassetteReader, Source};
use crate::house::House;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// Its routes; a cassette may be as long as a request.
pub(super) fn routes(longest: usize) -> Router<Arc<House>> {
    let all = get(list).post(insert).delete(forget);
    Router::new().route("/_faultline/cassettes", all).layer(DefaultBodyLimit::max(longest))
}

async fn list(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    Json(json!({ "cassettes": house.cassettes.list(words.get("session").map(String::as_str)) }))
}

async fn forget(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    Json(json!({ "forgotten": house.cassettes.forget(words.get("session").map(String::as_str)) }))
}

async fn insert(
    State(house): State<Arc<House>>,
    Query(words): Words,
    content: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(reader) = house.cassettes.reader() else {
        return problem(StatusCode::NOT_IMPLEMENTED, "this server takes no cassettes");
    };
    let content = match content {
        Ok(content) => content,
        Err(why) => return refused(&[why.body_text()]),
    };
    // Files are read and large texts parsed: not where connections wait.
    let read = tokio::task::spawn_blocking(move || read(&*reader, &content)).await;
    match read.unwrap_or_else(|_| Err(vec!["the cassette could not be read".to_owned()])) {
        Ok(cassette) => {
            let session = words.get("session").map_or("", String::as_str);
            let said = json!({
                "session": session, "cassette": cassette.name, "interactions": cassette.interactions.len(),
                "skipped": cassette.skipped,
            });
            house.cassettes.insert(session, cassette);
            Json(said).into_response()
        }
        Err(problems) => refused(&problems),
    }
}

/// A cassette with something in it.
fn read(reader: &dyn CassetteReader, content: &[u8]) -> Result<Cassette, Vec<String>> {
    let path = path(content);
    let source = path.as_deref().map_or(Source::Content(content), Source::Path);
    let cassette = reader.read(source)?;
    if cassette.interactions.is_empty() {
        let nothing = "nothing in it can be played".to_owned();
        return Err(std::iter::once(nothing).chain(cassette.skipped).collect());
    }
    Ok(cassette)
}

/// The path of `{"path": "…"}`.
fn path(content: &[u8]) -> Option<String> {
    // No recording is as short.
    let value = (content.len() < 8192).then(|| serde_json::from_slice::<Value>(content).ok()).flatten()?;
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get("path")?.as_str().map(str::to_owned)
}
