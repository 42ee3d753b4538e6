//! Plays a tool's plan as an HTTP/1.1 answer: times, pieces, and an end that may be none.
//!
//! Tools have no frames and no HTTP/2, so this is a small fraction of what the writer of Bedrock's answers does.

use crate::writer;
use bytes::Bytes;
use faultline_scenarios::plan::{Act, Action, Ending, Plan};
use http::{Response, header};
use http_body_util::channel::{Channel, Sender};
use socket2::Socket;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A body that is played, or whole.
pub(super) type Body = Channel<Bytes, io::Error>;

/// The answer, once its head is due.
///
/// # Errors
/// When the plan ends before a head: the connection closes without an answer, by RST where the plan says so.
pub(super) async fn play(plan: Arc<Plan>, socket: Option<Arc<Socket>>) -> io::Result<Response<Body>> {
    let start = Instant::now();
    let Some(first) = plan.actions().first() else { return Err(ended()) };
    writer::until(start + first.at).await;
    let head = match &first.act {
        Act::Head(head) => head.clone(),
        Act::End(Ending::Stall) => std::future::pending().await,
        Act::End(ending) => return Err(broken(*ending, socket.as_deref())),
        Act::Data { .. } => return Err(ended()),
    };
    let (sender, body) = Channel::new(1);
    let mut response = Response::builder().status(head.status);
    for (name, value) in &head.headers {
        response = response.header(name, value);
    }
    if plan.ending() == Ending::Complete {
        response = response.header(header::CONTENT_LENGTH, plan.body_len());
    }
    tokio::spawn(send(plan, start, sender, socket));
    response.body(body).map_err(io::Error::other)
}

/// Sends the body piece by piece; a client that has left ends it.
async fn send(
    plan: Arc<Plan>,
    start: Instant,
    mut sender: Sender<Bytes, io::Error>,
    socket: Option<Arc<Socket>>,
) {
    for Action { at, act, .. } in plan.actions() {
        writer::until(start + *at).await;
        match act {
            Act::Head(_) => {}
            Act::Data { bytes, .. } => {
                if sender.send_data(bytes.clone()).await.is_err() {
                    return;
                }
            }
            Act::End(Ending::Complete) => return,
            Act::End(Ending::Stall) => std::future::pending().await,
            Act::End(ending) => {
                // What was handed over leaves before the connection ends.
                writer::pause(Duration::from_millis(5)).await;
                return sender.abort(broken(*ending, socket.as_deref()));
            }
        }
    }
}

/// Makes the coming end of the connection a reset where the plan says so.
fn broken(ending: Ending, socket: Option<&Socket>) -> io::Error {
    if let (Ending::Reset, Some(socket)) = (ending, socket)
        && let Err(error) = socket.set_linger(Some(Duration::ZERO))
    {
        tracing::warn!(%error, "no reset: the socket refuses to drop its bytes");
    }
    ended()
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "a planned ending")
}
