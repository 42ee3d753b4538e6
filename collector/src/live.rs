//! What a running collector answers on its HTTP port: a page, and for it and for programs the questions of
//! [`crate::query`] as JSON, with news of commits as server-sent events.
//!
//! | path | |
//! |---|---|
//! | `/` | traces, the waterfall of one, latency; live and offline |
//! | `/api/counts` | what has become of everything that came |
//! | `/api/traces?limit&before&text&service&conversation&failed` | the newest traces, and how many there are |
//! | `/api/conversations?limit&before&text&failed` | the conversations with the newest traces, and how many there are |
//! | `/api/traces/ID?from` | a trace with its spans, as a waterfall draws them |
//! | `/api/traces/ID/spans/ID` | a span with its attributes and events |
//! | `/api/latency?service&model&limit` | percentiles of the newest calls with n and intervals, tokens |
//! | `/api/tools` | tools: how often, how long, how often in vain |
//! | `/api/series?width` | model calls over time, in buckets of so many seconds |
//! | `/api/trouble` | throttles, retries, errors |
//! | `/api/live` | server-sent events: the counts, now and after commits |
//!
//! And at `/metrics` what Prometheus scrapes.

mod answers;
mod guard;
mod metrics;
mod news;
mod trace;

pub(crate) use metrics::router as metrics;

use crate::counts::Counters;
use crate::page;
use crate::query::Digest;
use crate::store::{Connection, Place, Store, StoreError, to_read};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, watch};

/// Questions that are answered at once: each reads as much as it likes.
const AT_ONCE: usize = 2;

/// Whom to ask.
#[derive(Clone)]
pub(crate) struct Live {
    place: Place,
    store: Store,
    counters: Arc<Counters>,
    stopped: watch::Receiver<bool>,
    turn: Arc<Semaphore>,
    digest: Arc<Mutex<Digest>>,
    /// Who asks the digest waits here for the others who do, so that a list waits for none of them.
    digest_turn: Arc<Semaphore>,
}

impl Live {
    pub(crate) fn new(
        place: Place,
        store: Store,
        counters: Arc<Counters>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            place,
            store,
            counters,
            stopped,
            turn: Arc::new(Semaphore::new(AT_ONCE)),
            digest: Arc::default(),
            digest_turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Asks beside the writer where there is a file; in memory there is only the writer.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _turn = self.turn.acquire().await.map_err(|_| StoreError::Closed)?;
        match self.place.clone() {
            Place::Memory => self.store.ask(question).await,
            Place::File(path) => tokio::task::spawn_blocking(move || question(&to_read(&path)?))
                .await
                .unwrap_or(Err(StoreError::Closed)),
        }
    }

    async fn answer(
        &self,
        question: impl FnOnce(&Connection) -> Result<Option<Value>, StoreError> + Send + 'static,
    ) -> Response {
        match self.ask(question).await {
            Ok(Some(value)) => axum::Json(value).into_response(),
            Ok(None) => said(StatusCode::NOT_FOUND, "no trace, or more than one, has such an id"),
            Err(error) if error.retryable() => said(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
            Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }
}

impl Live {
    /// Answers from the samples of the whole store, brought up to date first.
    async fn digest(&self, question: impl FnOnce(&Digest) -> Value + Send + 'static) -> Response {
        // It is never closed.
        let _turn = self.digest_turn.acquire().await;
        let (digest, counters) = (self.digest.clone(), self.counters.clone());
        self.answer(move |store| {
            let mut digest = digest.lock().unwrap_or_else(|poisoned| {
                // Who panicked may have left it half read.
                digest.clear_poison();
                let mut digest = poisoned.into_inner();
                *digest = Digest::default();
                digest
            });
            digest.catch_up(store, counters.read().forgotten)?;
            Ok(Some(question(&digest)))
        })
        .await
    }
}

fn said(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "message": message }))).into_response()
}

/// The paths.
pub(crate) fn router(live: Live) -> Router {
    Router::new()
        .route("/api/counts", get(|State(live): State<Live>| async move { axum::Json(live.counters.read()) }))
        .route(
            "/api/traces",
            get(|State(live): State<Live>, Query(wanted): Query<answers::Traces>| async move {
                live.answer(move |store| answers::traces(store, wanted)).await
            }),
        )
        .route(
            "/api/conversations",
            get(|State(live): State<Live>, Query(wanted): Query<answers::Traces>| async move {
                live.answer(move |store| answers::conversations(store, wanted)).await
            }),
        )
        .route(
            "/api/traces/{id}",
            get(|State(live): State<Live>, Path(id): Path<String>, Query(part): Query<trace::Part>| async move {
                live.answer(move |store| trace::trace(store, &id, &part)).await
            }),
        )
        .route(
            "/api/traces/{id}/spans/{span}",
            get(|State(live): State<Live>, Path((id, span)): Path<(String, String)>| async move {
                live.answer(move |store| trace::span(store, &id, &span)).await
            }),
        )
        .route(
            "/api/latency",
            get(|State(live): State<Live>, Query(wanted): Query<answers::Calls>| async move {
                live.digest(move |digest| answers::latency(digest, &wanted)).await
            }),
        )
        .route(
            "/api/series",
            get(|State(live): State<Live>, Query(wanted): Query<answers::Series>| async move {
                live.digest(move |digest| answers::series(digest, &wanted)).await
            }),
        )
        .route("/api/tools", get(|State(live): State<Live>| async move { live.digest(answers::tools).await }))
        .route("/api/trouble", get(|State(live): State<Live>| async move { live.digest(answers::trouble).await }))
        .route(
            "/api/live",
            get(|State(live): State<Live>| async move {
                news::response(live.store.changes(), live.stopped, live.counters)
            }),
        )
        .with_state(live)
        .merge(page::router())
        .route_layer(from_fn(guard::check))
}
