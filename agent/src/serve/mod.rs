//! The agent as a service: prompts come over HTTP, events go out as server-sent events.
//!
//! | | |
//! |---|---|
//! | `GET /` | a chat page |
//! | `POST /agent/stream` `{"prompt", "session"}` | the events of one prompt |
//! | `GET /agent/stream?prompt=&session=` | the same for `EventSource`; with `Last-Event-ID` it goes on where it broke off |
//! | `POST /agent/cancel/{execution}` | stops a prompt |
//! | `GET /agent/events/schema` | the JSON Schema of the events |
//!
//! Prompts of one session follow each other; sessions do not wait for one another. It reads no environment and opens no
//! port: whoever starts it does.

mod batch;
mod drive;
mod execution;
mod guard;
mod registry;
mod settings;
mod sse;
mod watcher;

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde_json::json;

use crate::agent::Agent;
use crate::wire_event;
use registry::{Refused, Registry};
pub use settings::{OnFailure, ServeSettings};
use watcher::Watcher;

/// What handlers share.
struct Service {
    agent: Agent,
    settings: ServeSettings,
    registry: Registry,
}

/// The service as a router.
pub fn router(agent: Agent, settings: ServeSettings) -> Router {
    let any_host = settings.any_host;
    let service = Arc::new(Service { agent, settings, registry: Registry::default() });
    Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/agent/stream", get(stream_query).post(stream_body))
        .route("/agent/cancel/{execution}", post(cancel))
        .route("/agent/events/schema", get(|| async { Json(wire_event::schema()) }))
        .layer(middleware::from_fn(move |request, next| guard::check(any_host, request, next)))
        .with_state(service)
}

/// What is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ask {
    prompt: String,
    session: String,
}

async fn stream_query(
    State(service): State<Arc<Service>>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    service.stream(ask, &headers)
}

async fn stream_body(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    ask: Result<Json<Ask>, JsonRejection>,
) -> Response {
    match ask {
        Ok(Json(ask)) => service.stream(ask, &headers),
        Err(why) => problem(why.status(), &why.body_text()),
    }
}

async fn cancel(State(service): State<Arc<Service>>, Path(execution): Path<String>) -> Response {
    match service.registry.find(&execution) {
        Some(execution) => {
            execution.stop();
            StatusCode::NO_CONTENT.into_response()
        }
        None => problem(StatusCode::NOT_FOUND, "no such execution: it is unknown or long over"),
    }
}

impl Service {
    /// A new prompt's events, or the rest of one that broke off.
    fn stream(self: &Arc<Self>, ask: Ask, headers: &HeaderMap) -> Response {
        let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok());
        if let Some((execution, seen)) = resumed.and_then(sse::place) {
            return match self.registry.find(execution) {
                Some(execution) => sse::response(Watcher::new(execution, seen), &self.settings),
                // 204 tells an EventSource to cease (HTML, 9.2.3).
                None => StatusCode::NO_CONTENT.into_response(),
            };
        }
        if ask.prompt.trim().is_empty() {
            return problem(StatusCode::BAD_REQUEST, "the prompt is blank: send {\"prompt\": \"…\"}");
        }
        match self.registry.begin((self.settings.ids)(), &ask.session) {
            Ok(begun) => {
                let watcher = Watcher::new(begun.execution.clone(), 0);
                tokio::spawn(drive::drive(self.agent.clone(), begun, ask.prompt, self.settings.clone()));
                sse::response(watcher, &self.settings)
            }
            Err(Refused::Busy) => problem(
                StatusCode::CONFLICT,
                "this session is at work on another prompt: wait for it, or cancel it",
            ),
            Err(Refused::Full) => {
                problem(StatusCode::SERVICE_UNAVAILABLE, "too many prompts at once: come back later")
            }
        }
    }
}

/// Why a request got nothing.
fn problem(status: StatusCode, message: &str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "error": message }))).into_response()
}
