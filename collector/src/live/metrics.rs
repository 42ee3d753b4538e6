//! `/metrics`: everything that came as metrics, in the form that the reader likes better.

use super::{Live, guard, said};
use crate::clock::Clock;
use crate::prometheus::{Form, Ledger};
use crate::store::StoreError;
use axum::Router;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The path.
pub(crate) fn router(live: Live, clock: Clock) -> Router {
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let answer = move |headers: HeaderMap| answer(live.clone(), clock.clone(), ledger.clone(), headers);
    Router::new().route("/metrics", get(answer)).route_layer(from_fn(guard::check))
}

async fn answer(live: Live, clock: Clock, ledger: Arc<Mutex<Ledger>>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let form = Form::accepted(accept);
    match written(&live, &clock, ledger, form).await {
        Ok(text) => ([(CONTENT_TYPE, form.content_type())], text).into_response(),
        Err(error) if error.retryable() => said(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
        Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn written(
    live: &Live,
    clock: &Clock,
    ledger: Arc<Mutex<Ledger>>,
    form: Form,
) -> Result<String, StoreError> {
    let mut more = true;
    while more {
        let ledger = ledger.clone();
        more = live.ask(move |store| held(&ledger).keep_up(store)).await?;
    }
    Ok(form.write(&held(&ledger), &live.counters.read(), clock.now()))
}

/// Who panicked has left whole points in it: each is taken on its own.
fn held(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}
