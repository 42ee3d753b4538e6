//! The admin API under `/_faultline/`: health, scenarios, exchanges, reset, verify. No Bedrock path begins so.

use crate::house::House;
use crate::report;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tower::ServiceExt;

/// Where every admin path begins.
pub(crate) const ROOT: &str = "/_faultline/";

/// The header that shows the admin token, where one is asked for.
const TOKEN: &str = "x-faultline-token";

type Words = Query<HashMap<String, String>>;

/// Answers one admin request. Admin requests need no body.
pub(crate) async fn serve(house: Arc<House>, parts: request::Parts) -> http::Response<Bytes> {
    let request = Request::from_parts(parts, axum::body::Body::empty());
    let Ok(response) = router(house).oneshot(request).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    http::Response::from_parts(parts, bytes)
}

fn router(house: Arc<House>) -> Router {
    Router::new()
        .route("/_faultline/health", get(health))
        .route("/_faultline/scenarios", get(scenarios))
        .route("/_faultline/exchanges", get(exchanges))
        .route("/_faultline/verify", get(verify))
        .route("/_faultline/reset", post(reset))
        .fallback(missing)
        .layer(middleware::from_fn_with_state(Arc::clone(&house), guard))
        .with_state(house)
}

async fn guard(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(TOKEN).map(http::HeaderValue::as_bytes);
    match &house.admin_token {
        Some(token) if shown != Some(token.as_bytes()) => {
            problem(StatusCode::UNAUTHORIZED, "the header x-faultline-token does not hold the admin token")
        }
        _ => next.run(request).await,
    }
}

fn problem(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}

async fn missing() -> Response {
    problem(StatusCode::NOT_FOUND, "here are: GET health, scenarios, exchanges, verify; POST reset")
}

async fn health(State(house): State<Arc<House>>) -> Json<Value> {
    Json(json!({ "status": "ok", "uptimeMs": report::ms(house.began.elapsed()) }))
}

async fn scenarios(State(house): State<Arc<House>>) -> Json<Value> {
    Json(house.responder.scenarios())
}

async fn exchanges(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    let found = house.journal.exchanges(words.get("session").map(String::as_str));
    let list: Vec<Value> = found.iter().map(|exchange| report::exchange(exchange)).collect();
    Json(json!({ "exchanges": list, "unknown": house.journal.strays() }))
}

async fn verify(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    Json(report::verdict(&house, words.get("session").map(String::as_str)))
}

async fn reset(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    house.reset(words.get("session").map(String::as_str));
    Json(json!({ "reset": true }))
}
