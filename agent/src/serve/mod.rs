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
//! | `POST /agent/task` `{"prompt", "session", "task"}` | 202: a task in the queue, its `url`; `task`, if given, is its id |
//! | `GET /agent/task/{task}?after=&wait=` | its state, deliveries, events behind `after` and, once there is one, result; waits so many seconds for news |
//! | `DELETE /agent/task/{task}` | stops a task |
//!
//! A task outlives the connection and, with a queue on disk, the process: [`work`] takes it from the queue, here or on another
//! machine. `restarted` says that its worker died: what was read of it before is void, and the events begin anew. Sessions of
//! tasks lie in the queue and are others than those of streams; of two tasks of a session at work at once the session
//! keeps the first answer.
//!
//! What is sure of a task that is delivered again: it goes on from the last checkpoint that was kept. A tool's result that
//! is in it is not asked for again. A write (a tool that is not idempotent) begins only after the message that asks for it is
//! kept, so the next delivery meets the same toolUseId and its ledger says what came of it: a write that finished is not
//! made again, one that was interrupted is answered as unknown. Not sure: reads run again; a history over 768 KiB is
//! not kept, and then a task begins further back and the model may ask for a write anew under another id, which is another call.
//!
//! Prompts of one session follow each other; sessions do not wait for one another. It reads no environment and opens no
//! port: whoever starts it does.

mod attend;
mod batch;
mod batches;
mod control;
mod drive;
mod execution;
mod grpc;
mod guard;
mod partial;
mod refusal;
mod registry;
mod service;
mod settings;
mod socket;
mod sse;
mod task_format;
mod task_memory;
mod task_replay;
mod task_run;
mod task_session;
mod tasks;
mod telling;
mod watcher;
mod work_settings;
mod worker;

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
use refusal::{Refusal, body};
use service::{Ask, Service, place};
pub use settings::{OnFailure, ServeSettings};
pub use work_settings::WorkSettings;
pub use worker::work;

/// The service as a router.
pub fn router(agent: Agent, settings: ServeSettings) -> Router {
    let any_host = settings.any_host;
    let tasks = settings.tasks.clone().map(|queue| tasks::routes(queue, settings.ids.clone()));
    let service = Arc::new(Service::new(agent, settings));
    Router::new()
        .route_service(grpc::PATH, grpc::service(&service))
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/agent/stream", get(stream_query).post(stream_body))
        .route("/agent/socket", any(socket::upgrade))
        .route("/agent/cancel/{execution}", post(cancel))
        .route("/agent/control/{execution}", post(control))
        .route("/agent/events/schema", get(|| async { Json(wire_event::schema()) }))
        .merge(tasks.unwrap_or_default())
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
