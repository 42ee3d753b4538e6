//! The agent as a service: prompts come over HTTP, events go out as server-sent events.
//!
//! | | |
//! |---|---|
//! | `GET /` | a chat page |
//! | `POST /agent/stream` `{"prompt", "session"}` | the events of one prompt |
//! | `GET /agent/stream?prompt=&session=` | the same for `EventSource`; with `Last-Event-ID` it goes on where it broke off |
//! | `GET /agent/socket` | the same as a WebSocket, which takes orders in the middle of an answer |
//! | `POST /agent/cancel/{execution}` | stops a prompt |
//! | `POST /agent/control/{execution}` | cancels a tool call, says something else, answers a question |
//! | `GET /agent/events/schema` | the JSON Schema of the events |
//! | `faultline.agent.v1.Agent` | the same over gRPC, on the same port (`proto/agent.proto`) |
//!
//! Prompts of one session follow each other; sessions do not wait for one another. It reads no environment and opens no
//! port: whoever starts it does.

mod batch;
mod batches;
mod control;
mod drive;
mod execution;
mod grpc;
mod guard;
mod refusal;
mod registry;
mod service;
mod settings;
mod socket;
mod sse;
mod watcher;

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router, middleware};

use crate::agent::Agent;
use crate::wire_event;
use control::Control;
use refusal::Refusal;
use service::{Ask, Service, place};
pub use settings::{OnFailure, ServeSettings};

/// The service as a router.
pub fn router(agent: Agent, settings: ServeSettings) -> Router {
    let any_host = settings.any_host;
    let service = Arc::new(Service::new(agent, settings));
    Router::new()
        .route_service(grpc::PATH, grpc::service(&service))
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/agent/stream", get(stream_query).post(stream_body))
        .route("/agent/socket", any(socket::upgrade))
        .route("/agent/cancel/{execution}", post(cancel))
        .route("/agent/control/{execution}", post(control))
        .route("/agent/events/schema", get(|| async { Json(wire_event::schema()) }))
        .layer(middleware::from_fn(move |request, next| guard::check(any_host, request, next)))
        .with_state(service)
}

async fn stream_query(
    State(service): State<Arc<Service>>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    stream(&service, ask, &headers)
}

async fn stream_body(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    ask: Result<Json<Ask>, JsonRejection>,
) -> Result<Response, Refusal> {
    stream(&service, body(ask)?, &headers)
}

/// A new prompt's events, or the rest of one that broke off.
fn stream(service: &Service, ask: Ask, headers: &HeaderMap) -> Result<Response, Refusal> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(place);
    let watcher = match last {
        Some(place) => service.resume(place).ok(),
        None => Some(service.start(ask)?),
    };
    // 204 tells an EventSource to cease (HTML, 9.2.3).
    let gone = || StatusCode::NO_CONTENT.into_response();
    Ok(watcher.map_or_else(gone, |watcher| sse::response(watcher, &service.settings)))
}

async fn cancel(
    State(service): State<Arc<Service>>,
    Path(execution): Path<String>,
) -> Result<StatusCode, Refusal> {
    service.find(&execution)?.stop();
    Ok(StatusCode::NO_CONTENT)
}

async fn control(
    State(service): State<Arc<Service>>,
    Path(execution): Path<String>,
    order: Result<Json<Control>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    control::control(&*service.find(&execution)?, &body(order)?)?;
    Ok(StatusCode::NO_CONTENT)
}

fn body<T>(read: Result<Json<T>, JsonRejection>) -> Result<T, Refusal> {
    read.map(|Json(body)| body).map_err(|why| Refusal::new(why.status(), why.body_text()))
}
