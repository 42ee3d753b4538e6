//! Events over a WebSocket, and orders the other way while they come. One prompt at a time a socket.
//!
//! A client sends `{"type": "prompt", "prompt", "session"}`, `{"type": "resume", "after": "EXECUTION:NUMBER"}`, and, while a
//! prompt is worked on, `cancel`, `cancel_tool`, `redirect` and `answer`. It receives `{"id", "event"}` for each event and
//! `{"error"}` for what it sent and could not be done.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, interval_at};

use super::batches::Batches;
use super::control::{Control, control};
use super::execution::{Execution, Sent};
use super::refusal::Refusal;
use super::service::{Ask, Service, place};
use super::settings::ServeSettings;
use super::watcher::Watcher;

/// The largest message that a client may send, in bytes: a prompt.
const LARGEST: usize = 1 << 20;

/// So many orders may wait for a socket that is slow.
const WAITING: usize = 16;

/// A client that was silent for so many heartbeats, each of which it has to answer, has gone.
const MISSED: u32 = 3;

/// Makes a WebSocket of a request.
pub(super) async fn upgrade(State(service): State<Arc<Service>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(LARGEST).on_upgrade(move |socket| serve(service, socket))
}

/// What is sent to the client next.
enum Out {
    /// The events of this prompt.
    Events(Watcher),
    /// What could not be done.
    Problem(String),
}

/// Reads and writes side by side, so that an order is heard also where the client reads slowly.
async fn serve(service: Arc<Service>, socket: WebSocket) {
    let (to, from) = socket.split();
    let (out, orders) = mpsc::channel(WAITING);
    tokio::select! {
        () = listen(&service, from, out) => {}
        () = tell(to, orders, &service.settings) => {}
    }
}

/// Hears the client until it goes.
async fn listen(service: &Service, mut from: SplitStream<WebSocket>, out: Sender<Out>) {
    let patience = service.settings.heartbeat * MISSED;
    let mut at_work = None;
    while let Ok(Some(Ok(message))) = tokio::time::timeout(patience, from.next()).await {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return,
            _ => continue,
        };
        if let Some(answer) = follow(service, &text, &mut at_work).transpose() {
            let answer = answer.unwrap_or_else(|refusal| Out::Problem(refusal.message));
            if out.send(answer).await.is_err() {
                return;
            }
        }
    }
}

/// Does what the client says.
fn follow(
    service: &Service,
    text: &str,
    at_work: &mut Option<Arc<Execution>>,
) -> Result<Option<Out>, Refusal> {
    let said = read(text).map_err(|why| Refusal::new(axum::http::StatusCode::BAD_REQUEST, why))?;
    let current = at_work.as_ref().filter(|execution| !execution.is_over());
    let watcher = match (said, current) {
        (Said::Control(order), Some(execution)) => {
            control(execution, &order)?;
            return Ok(None);
        }
        (Said::Control(_), None) => return Err(crate::steer::SteerError::Over.into()),
        (_, Some(_)) => return Err(super::registry::Refused::Busy.into()),
        (Said::Ask(ask), None) => service.start(ask)?,
        (Said::Resume(id), None) => service.resume(place(&id).ok_or_else(Refusal::unknown)?)?,
    };
    *at_work = Some(watcher.execution().clone());
    Ok(Some(Out::Events(watcher)))
}

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Ask(Ask),
    Resume(String),
    Control(Control),
}

fn read(text: &str) -> Result<Said, String> {
    let mut value: Value = serde_json::from_str(text).map_err(|why| format!("not JSON: {why}"))?;
    let told = |why: serde_json::Error| format!("not understood: {why}");
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match (kind.as_str(), value.as_object_mut()) {
        ("prompt", Some(members)) => {
            members.remove("type");
            serde_json::from_value(value).map(Said::Ask).map_err(told)
        }
        ("resume", _) => {
            Ok(Said::Resume(value.get("after").and_then(Value::as_str).unwrap_or_default().to_owned()))
        }
        _ => serde_json::from_value(value).map(Said::Control).map_err(told),
    }
}

/// Sends what there is, until the client has gone; one that does not read holds it up.
async fn tell(mut to: SplitSink<WebSocket, Message>, mut orders: Receiver<Out>, settings: &ServeSettings) {
    let mut beat = interval_at(Instant::now() + settings.heartbeat, settings.heartbeat);
    let mut batches = None;
    loop {
        let messages = tokio::select! {
            order = orders.recv() => match order {
                Some(Out::Problem(why)) => vec![text(json!({ "error": why }).to_string())],
                Some(Out::Events(watcher)) => {
                    batches = Some(Batches::new(watcher, settings));
                    continue;
                }
                None => return,
            },
            messages = next(&mut batches) => messages,
            _ = beat.tick() => vec![Message::Ping(bytes::Bytes::new())],
        };
        if send(&mut to, messages).await.is_err() {
            return;
        }
    }
}

/// The next events of what is watched; nothing, for ever, where nothing is, or all was seen.
async fn next(batches: &mut Option<Batches>) -> Vec<Message> {
    if let Some(batches) = batches
        && let Some(all) = batches.next().await
    {
        return all.iter().map(|sent| event(batches.execution(), sent)).collect();
    }
    std::future::pending().await
}

fn event(execution: &str, sent: &Sent) -> Message {
    // The id is what `settings.ids` gave; as JSON it is safe whatever that is.
    let id = Value::from(format!("{execution}:{}", sent.number));
    text(format!("{{\"id\":{id},\"event\":{}}}", sent.json))
}

fn text(json: String) -> Message {
    Message::Text(json.into())
}

async fn send(to: &mut SplitSink<WebSocket, Message>, messages: Vec<Message>) -> Result<(), axum::Error> {
    for message in messages {
        to.feed(message).await?;
    }
    to.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_says_is_one_of_a_few_things() {
        let ask = Ask { prompt: "Hi".into(), ..Ask::default() };
        assert_eq!(read(r#"{"type": "prompt", "prompt": "Hi"}"#), Ok(Said::Ask(ask)));
        assert_eq!(read(r#"{"type": "resume", "after": "a:1"}"#), Ok(Said::Resume("a:1".into())));
        assert_eq!(read(r#"{"type": "cancel"}"#), Ok(Said::Control(Control::Cancel {})));
        let answer = Control::Answer { tool_use_id: "t".into(), text: "blue".into() };
        assert_eq!(
            read(r#"{"type": "answer", "toolUseId": "t", "text": "blue"}"#),
            Ok(Said::Control(answer))
        );
        for bad in ["", "{", "[]", "{}", r#"{"type": "shout"}"#, r#"{"type": "prompt", "promt": "Hi"}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
