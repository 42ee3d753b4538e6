//! Events as server-sent events (HTML, 9.2): ids to go on from, comments while nothing happens, headers that keep proxies
//! from holding anything back.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, sleep_until};

use super::batch::Batch;
use super::execution::Sent;
use super::settings::ServeSettings;
use super::watcher::Watcher;

/// So soon an `EventSource` comes back: before its prompt is given up.
const RETRY: &str = "retry: 200\n\n";

/// So many pieces may wait for a slow client.
const WAITING: usize = 4;

/// `EXECUTION:NUMBER`, as an event's id holds it.
pub(super) fn place(id: &str) -> Option<(&str, usize)> {
    let (execution, number) = id.rsplit_once(':')?;
    Some((execution, number.parse().ok()?))
}

/// The answer that sends what the watcher sees.
pub(super) fn response(watcher: Watcher, settings: &ServeSettings) -> Response {
    let (to, pieces) = mpsc::channel(WAITING);
    let execution = watcher.id().to_owned();
    tokio::spawn(pump(watcher, to, settings.clone()));
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL.as_str(), "no-cache, no-transform"),
        // nginx holds back what has not this header.
        ("x-accel-buffering", "no"),
    ];
    (headers, [("x-execution-id", execution)], Body::new(Pieces(pieces))).into_response()
}

/// Sends until all is sent or the client has gone; a client that does not read holds it up.
async fn pump(mut watcher: Watcher, to: Sender<Bytes>, settings: ServeSettings) {
    let began = Instant::now();
    let mut batch = Batch::new(settings.batch, settings.interval);
    let execution = watcher.id().to_owned();
    if to.send(Bytes::from_static(RETRY.as_bytes())).await.is_err() {
        return;
    }
    loop {
        let due = batch.due().unwrap_or_else(|| began.elapsed() + settings.heartbeat);
        let piece = tokio::select! {
            sent = watcher.next() => match sent {
                Some(sent) if batch.add(sent.clone(), began.elapsed()) => text(&execution, &batch.take()),
                Some(_) => continue,
                None => return,
            },
            () = sleep_until(began + due) => match batch.take() {
                nothing if nothing.is_empty() => ": still here\n\n".to_owned(),
                all => text(&execution, &all),
            },
            () = to.closed() => return,
        };
        if to.send(piece.into()).await.is_err() {
            return;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_where_to_go_on() {
        assert_eq!(place("ab12:7"), Some(("ab12", 7)));
        for bad in ["", "ab12", "ab12:x", ":"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
