//! The agent as a service: prompts come over HTTP, events go out as server-sent events.
//!
//! | | |
//! |---|---|
//! | `GET /` | a chat page |
//! | `POST /agent/stream` `{"prompt", "session"}` | the events of one prompt |
//! | `GET /agent/stream?prompt=&session=` | the same for `EventSource`; with `Last-Event-ID` it goes on where it broke off |
//! | `POST /agent/cancel/{execution}` | stops a prompt |
//! | `GET /agent/events/schema` | the JSON Schema of the events |
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
mod drive;
mod execution;
mod guard;
mod partial;
mod problem;
mod registry;
mod settings;
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
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Deserialize;

use crate::agent::Agent;
use crate::wire_event;
use problem::problem;
use registry::{Refused, Registry};
pub use settings::{OnFailure, ServeSettings};
use watcher::Watcher;
pub use work_settings::WorkSettings;
pub use worker::work;

/// What handlers share.
struct Service {
    agent: Agent,
    settings: ServeSettings,
    registry: Registry,
}

/// The service as a router.
pub fn router(agent: Agent, settings: ServeSettings) -> Router {
    let any_host = settings.any_host;
    let tasks = settings.tasks.clone().map(|queue| tasks::routes(queue, settings.ids.clone()));
    let service = Arc::new(Service { agent, settings, registry: Registry::default() });
    Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/agent/stream", get(stream_query).post(stream_body))
        .route("/agent/cancel/{execution}", post(cancel))
        .route("/agent/events/schema", get(|| async { Json(wire_event::schema()) }))
        .merge(tasks.unwrap_or_default())
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
