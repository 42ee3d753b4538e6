//! News of commits as server-sent events: the counts, at once and after commits, never more often than a person sees.

use crate::counts::Counters;
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::{Channel, Sender};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Between two pieces of news, at least.
const PAUSE: Duration = Duration::from_millis(250);
/// After so long without news a comment says that we are there.
const SILENCE: Duration = Duration::from_secs(15);

pub(super) fn response(
    changes: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    counters: Arc<Counters>,
) -> Response {
    let (to, body) = Channel::<Bytes, Infallible>::new(1);
    tokio::spawn(tell(changes, stopped, counters, to));
    let headers =
        [(CONTENT_TYPE, "text/event-stream; charset=utf-8"), (CACHE_CONTROL, "no-cache, no-transform")];
    (headers, Body::new(body)).into_response()
}

/// Tells until the reader has gone or the collector stops.
async fn tell(
    mut changes: watch::Receiver<u64>,
    mut stopped: watch::Receiver<bool>,
    counters: Arc<Counters>,
    mut to: Sender<Bytes, Infallible>,
) {
    let mut piece = event(&counters);
    loop {
        if to.send_data(piece.into()).await.is_err() {
            return;
        }
        let news = async {
            tokio::time::sleep(PAUSE).await;
            changes.changed().await
        };
        piece = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            news = tokio::time::timeout(SILENCE, news) => match news {
                Ok(Ok(())) => event(&counters),
                Ok(Err(_)) => return,
                Err(_) => ": still here\n\n".to_owned(),
            },
        };
    }
}

fn event(counters: &Counters) -> String {
    let counts = serde_json::to_string(&counters.read()).unwrap_or_default();
    format!("event: counts\ndata: {counts}\n\n")
}
