//! Events as server-sent events (HTML, 9.2): ids to go on from, comments while nothing happens, headers that keep proxies
//! from holding anything back.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;

use super::batches::Batches;
use super::execution::Sent;
use super::settings::ServeSettings;
use super::watcher::Watcher;

/// So soon an `EventSource` comes back: before its prompt is given up.
const RETRY: &str = "retry: 200\n\n";

/// So many pieces may wait for a slow client.
const WAITING: usize = 4;

/// The answer that sends what the watcher sees.
pub(super) fn response(watcher: Watcher, settings: &ServeSettings) -> Response {
    let (to, pieces) = mpsc::channel(WAITING);
    let execution = watcher.execution().id.clone();
    tokio::spawn(pump(Batches::new(watcher, settings), to, settings.heartbeat));
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL.as_str(), "no-cache, no-transform"),
        // nginx holds back what has not this header.
        ("x-accel-buffering", "no"),
    ];
    (headers, [("x-execution-id", execution)], Body::new(Pieces(pieces))).into_response()
}

/// Sends until all is sent or the client has gone; a client that does not read holds it up.
async fn pump(mut batches: Batches, to: Sender<Bytes>, heartbeat: Duration) {
    let mut piece = RETRY.to_owned();
    while to.send(piece.into()).await.is_ok() {
        piece = tokio::select! {
            next = timeout(heartbeat, batches.next()) => match next {
                Ok(Some(all)) => text(batches.execution(), &all),
                Ok(None) => return,
                Err(_) => ": still here\n\n".to_owned(),
            },
            () = to.closed() => return,
        };
    }
}

fn text(execution: &str, all: &[Arc<Sent>]) -> String {
    let mut text = String::new();
    for sent in all {
        // JSON has no line breaks of its own.
        let _ = write!(
            text,
            "id: {execution}:{}\nevent: {}\ndata: {}\n\n",
            sent.number,
            sent.event.name(),
            sent.json
        );
    }
    text
}

/// A body that comes in pieces.
struct Pieces(Receiver<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
