//! The admin API under `/_faultline/`. No Bedrock path begins so.
//!
//! | | |
//! |---|---|
//! | `GET health`, `GET scenarios` | is it there, what does it play |
//! | `GET exchanges?session=`, `GET verify?session=` | what happened to requests, and was it as expected |
//! | `GET connections` | what was done to connections |
//! | `POST`, `GET`, `DELETE faults?session=` | faults added while it runs: one or a list, as in a file |
//! | `POST`, `GET`, `DELETE admission` | the same for connections |
//! | `POST`, `GET`, `DELETE cassettes?session=` | a recording of any kind that answers a session: its content, or `{"path": …}` |
//! | `POST reset?session=` | forgets a session, or everything |
//!
//! Connections of the admin API are connections: an admission that refuses, silences or slows all of them would lock it
//! out too, so here it needs `times`. Web pages of other machines change nothing here.

mod query;
mod switch;

use crate::house::House;
use crate::inject::InjectError;
use crate::{origin, report};
use axum::extract::rejection::StringRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::request;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tower::ServiceExt;

/// Where every admin path begins.
pub(crate) const ROOT: &str = "/_faultline/";

/// The header that shows the admin token, where one is asked for.
const TOKEN: &str = "x-faultline-token";

type Words = Query<HashMap<String, String>>;

/// A text, or why there is none: it is too long, or no UTF-8.
type Text = Result<String, StringRejection>;

/// Answers one admin request.
pub(crate) async fn serve(house: Arc<House>, parts: request::Parts, body: Incoming) -> http::Response<Bytes> {
    let request = Request::from_parts(parts, axum::body::Body::new(body));
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
        .route("/_faultline/connections", get(connections))
        .route("/_faultline/faults", get(faults).post(inject).delete(forget_faults))
        .route("/_faultline/admission", get(admission).post(admit).delete(forget_admission))
        .merge(switch::routes(house.body_limit))
        .route("/_faultline/reset", post(reset))
        .fallback(missing)
        .layer(middleware::from_fn_with_state(Arc::clone(&house), guard))
        .with_state(house)
}

async fn guard(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() && origin::is_foreign(request.headers()) {
        return problem(StatusCode::FORBIDDEN, origin::FOREIGN);
    }
    let shown = request.headers().get(TOKEN).map(http::HeaderValue::as_bytes);
    match &house.admin_token {
        Some(token) if shown != Some(token.as_bytes()) => {
            problem(StatusCode::UNAUTHORIZED, "the header x-faultline-token does not hold the admin token")
        }
        _ => match query::problem(request.uri()) {
            Some(wrong) => refused(&[wrong]),
            None => next.run(request).await,
        },
    }
}

fn problem(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}

async fn missing() -> Response {
    let here = "here are: GET health, scenarios, exchanges, verify, connections; GET, POST, DELETE faults, admission, cassettes; POST reset";
    problem(StatusCode::NOT_FOUND, here)
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

async fn connections(State(house): State<Arc<House>>) -> Json<Value> {
    let events: Vec<Value> = house.gate.events().iter().map(report::connection).collect();
    Json(json!({ "connections": house.gate.connections(), "events": events }))
}

/// What a POST of faults or admissions made: how many there are more, or everything that is wrong.
fn added(result: Result<usize, InjectError>) -> Response {
    match result {
        Ok(count) => Json(json!({ "added": count })).into_response(),
        Err(error) => refused(&error.problems()),
    }
}

fn refused(problems: &[String]) -> Response {
    let body = json!({ "error": problems.join("; "), "problems": problems });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn inject(State(house): State<Arc<House>>, Query(words): Words, text: Text) -> Response {
    match text {
        Ok(text) => added(house.inject(words.get("session").map(String::as_str), &text)),
        Err(why) => refused(&[why.body_text()]),
    }
}

async fn faults(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    Json(json!({ "faults": house.responder.injected(words.get("session").map(String::as_str)) }))
}

async fn forget_faults(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    let session = words.get("session").map(String::as_str);
    Json(json!({ "forgotten": house.responder.forget_injected(session) }))
}

async fn admit(State(house): State<Arc<House>>, text: Text) -> Response {
    match text {
        Ok(text) => added(house.admit_remotely(&text)),
        Err(why) => refused(&[why.body_text()]),
    }
}

async fn admission(State(house): State<Arc<House>>) -> Json<Value> {
    Json(json!({ "admission": house.gate.standing() }))
}

async fn forget_admission(State(house): State<Arc<House>>) -> Json<Value> {
    Json(json!({ "forgotten": house.gate.forget_added() }))
}

async fn reset(State(house): State<Arc<House>>, Query(words): Words) -> Json<Value> {
    house.reset(words.get("session").map(String::as_str));
    Json(json!({ "reset": true }))
}
