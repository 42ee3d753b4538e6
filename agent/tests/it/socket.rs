//! The agent behind a WebSocket: events one way, orders the other, at the same time.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use faultline_agent::serve::ServeSettings;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::script::*;
use crate::serve::service;

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(address: &str) -> Self {
        Self(tokio_tungstenite::connect_async(format!("ws://{address}/agent/socket")).await.unwrap().0)
    }

    async fn say(&mut self, value: Value) {
        self.0.send(Message::text(value.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("silence");
            if let Message::Text(text) = next.expect("it closed").unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Hears up to an event of this type.
    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let heard = self.hear().await;
            assert!(heard["error"].is_null(), "{heard}");
            if heard["event"]["type"] == kind {
                return heard;
            }
        }
    }
}

async fn talk(replies: impl IntoIterator<Item = Reply>) -> (Server, Client) {
    let server = Server::new(replies);
    let address = service(&server, |_| ()).await;
    let client = Client::connect(&address).await;
    (server, client)
}

fn half() -> Reply {
    stream([ms(), text(0, "half"), Piece::Hang])
}

#[tokio::test]
async fn a_prompt_is_answered_event_by_event_and_the_next_one_on_the_same_socket() {
    let (server, mut client) = talk([says("one"), says("two")]).await;
    for (number, said) in ["one", "two"].iter().enumerate() {
        client.say(json!({"type": "prompt", "prompt": "Hi", "session": "a"})).await;
        let first = client.hear().await;
        assert_eq!(
            (&first["id"], &first["event"]["type"]),
            (&json!(format!("run-{number}:1")), &json!("status"))
        );
        assert_eq!(client.until("final_response").await["event"]["text"], *said);
    }
    assert_eq!(server.requests()[1]["messages"].as_array().unwrap().len(), 3, "one conversation");
}

#[tokio::test]
async fn something_else_is_said_in_the_middle_of_an_answer() {
    let (server, mut client) = talk([half(), says("the other")]).await;
    client.say(json!({"type": "prompt", "prompt": "Hi"})).await;
    client.until("text_delta").await;
    client.say(json!({"type": "redirect", "text": "The other one."})).await;
    assert_eq!(client.until("redirected").await["event"]["text"], "The other one.");
    assert_eq!(client.until("final_response").await["event"]["text"], "the other");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_cancel_ends_the_prompt_and_not_the_socket() {
    let (server, mut client) = talk([half(), says("fine")]).await;
    client.say(json!({"type": "prompt", "prompt": "Hi"})).await;
    client.until("text_delta").await;
    client.say(json!({"type": "cancel"})).await;
    assert_eq!(client.until("execution_failed").await["event"]["partial"], "half");
    assert!(server.body_dropped.load(Ordering::SeqCst));
    client.say(json!({"type": "prompt", "prompt": "Again"})).await;
    client.until("final_response").await;
}

#[tokio::test]
async fn a_question_is_answered_over_the_socket_and_over_http() {
    let question = || {
        let input = json!({"question": "Which?", "options": ["red"]}).to_string();
        stream([ms(), tool(0, "q", "ask_user"), frag(0, &input), close(0), stop("tool_use"), meta(1, 1)])
    };
    let server = Server::new([question(), says("one"), question(), says("two")]);
    let address = service(&server, |_| ()).await;
    let mut client = Client::connect(&address).await;
    client.say(json!({"type": "prompt", "prompt": "Hi"})).await;
    let asked = client.until("question").await;
    assert_eq!(asked["event"]["options"], json!(["red"]));
    client.say(json!({"type": "answer", "toolUseId": "x", "text": "blue"})).await;
    assert_eq!(client.hear().await["error"], "no tool call of this id waits for an answer");
    client.say(json!({"type": "answer", "toolUseId": "q", "text": "blue"})).await;
    assert_eq!(client.until("final_response").await["event"]["text"], "one");
    client.say(json!({"type": "prompt", "prompt": "Hi"})).await;
    client.until("question").await;
    let order = json!({"type": "answer", "toolUseId": "q", "text": "green"}).to_string();
    let json = "content-type: application/json\r\n";
    let done = crate::serve::ask(&address, "POST /agent/control/run-1", json, &order).await.all().await;
    assert!(done.starts_with("HTTP/1.1 204"), "{done}");
    client.until("final_response").await;
    let late = crate::serve::ask(&address, "POST /agent/control/run-1", json, &order).await.all().await;
    assert!(late.starts_with("HTTP/1.1 409") && late.contains("the run is over"), "{late}");
    let answers: Vec<_> = [1, 3].map(|at| server.requests()[at]["messages"][2].to_string()).into();
    assert!(answers[0].contains("blue") && answers[1].contains("green"), "{answers:?}");
}

#[tokio::test]
async fn a_client_that_goes_stops_the_model_within_a_second_and_one_that_comes_back_misses_nothing() {
    let server = Server::new([half()]);
    let address = service(&server, |settings| settings.linger = Duration::from_millis(500)).await;
    let mut client = Client::connect(&address).await;
    client.say(json!({"type": "prompt", "prompt": "Hi"})).await;
    client.until("text_delta").await;
    drop(client);
    let mut again = Client::connect(&address).await;
    again.say(json!({"type": "resume", "after": "run-0:1"})).await;
    assert_eq!(again.hear().await["id"], "run-0:2");
    assert!(!server.body_dropped.load(Ordering::SeqCst), "it was stopped although somebody listens");
    drop(again);
    let left = Instant::now();
    while !server.body_dropped.load(Ordering::SeqCst) {
        assert!(left.elapsed() < Duration::from_secs(5), "the model's stream goes on");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_the_socket_stays() {
    let (_server, mut client) = talk([half(), says("fine")]).await;
    let mut check = async |said: Value, expected: &str| {
        client.say(said.clone()).await;
        let heard = client.hear().await;
        assert!(heard["error"].as_str().is_some_and(|told| told.contains(expected)), "{said}: {heard}");
    };
    check(json!({"type": "shout"}), "not understood").await;
    check(json!({"type": "prompt", "prompt": " "}), "the prompt is blank").await;
    check(json!({"type": "cancel"}), "the run is over").await;
    check(json!({"type": "resume", "after": "run-9:1"}), "no such execution").await;
    client.say(json!({"type": "prompt", "prompt": "Hi", "session": "a"})).await;
    client.until("text_delta").await;
    client.say(json!({"type": "prompt", "prompt": "And?"})).await;
    assert!(client.hear().await["error"].as_str().unwrap().contains("at work on another prompt"));
    client.say(json!({"type": "redirect", "text": " "})).await;
    assert_eq!(client.hear().await["error"], "what was said is blank");
    client.say(json!({"type": "cancel_tool", "toolUseId": "t"})).await;
    assert_eq!(client.hear().await["error"], "no tool call of this id waits or runs");
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_one_that_does_not_answer_is_let_go() {
    let server = Server::new([half()]);
    let quick = |settings: &mut ServeSettings| {
        settings.heartbeat = Duration::from_millis(30);
        settings.linger = Duration::from_millis(10);
    };
    let address = service(&server, quick).await;
    let mut client = Client::connect(&address).await;
    client.say(json!({"type": "prompt", "prompt": "Hi"})).await;
    client.until("text_delta").await;
    // From here on it reads nothing, so it answers no ping.
    let silent = Instant::now();
    while !server.body_dropped.load(Ordering::SeqCst) {
        assert!(silent.elapsed() < Duration::from_secs(5), "the model's stream goes on");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn pages_of_others_get_no_socket() {
    let server = Server::new([]);
    let address = service(&server, |_| ()).await;
    let mut request = format!("ws://{address}/agent/socket").into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    let refused = tokio_tungstenite::connect_async(request).await.unwrap_err().to_string();
    assert!(refused.contains("403"), "{refused}");
}
