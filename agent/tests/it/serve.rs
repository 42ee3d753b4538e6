//! The agent as a service, over loopback sockets: what a browser or a program sees of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use faultline_agent::serve::{ServeSettings, router};
use faultline_agent::tools::{AskUser, MemoryLedger, ToolFuture};
use faultline_agent::{Agent, Mode, Tool, ToolContext, ToolOutput, Toolbox};
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::script::*;

/// A service in front of a scripted model; where it listens.
pub(crate) async fn service(server: &Server, change: impl FnOnce(&mut ServeSettings)) -> String {
    service_with(server, tools(), change).await
}

async fn service_with(server: &Server, tools: Toolbox, change: impl FnOnce(&mut ServeSettings)) -> String {
    let count = AtomicUsize::new(0);
    let ids = move || format!("run-{}", count.fetch_add(1, Ordering::Relaxed));
    let mut settings = ServeSettings::new(Arc::new(ids));
    change(&mut settings);
    let agent = Agent::new(server.client(), config(Mode::Streaming), tools);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router(agent, settings)).await });
    address
}

fn tools() -> Toolbox {
    toolbox().with(AskUser::default()).unwrap()
}

/// A connection that has asked.
pub(crate) struct Asked {
    socket: TcpStream,
    text: String,
}

pub(crate) async fn ask(address: &str, request: &str, headers: &str, body: &str) -> Asked {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    socket.write_all((head + body).as_bytes()).await.unwrap();
    Asked { socket, text: String::new() }
}

async fn post(address: &str, prompt: &str, session: &str) -> Asked {
    let body = serde_json::json!({"prompt": prompt, "session": session}).to_string();
    ask(address, "POST /agent/stream", "content-type: application/json\r\n", &body).await
}

impl Asked {
    /// Reads until this text was there.
    async fn until(&mut self, part: &str) -> &str {
        while !self.text.contains(part) {
            let mut bytes = [0; 4096];
            let read = tokio::time::timeout(Duration::from_secs(10), self.socket.read(&mut bytes));
            let count = read.await.unwrap_or_else(|_| panic!("no {part} in {}", self.text)).unwrap();
            assert!(count > 0, "no {part} in {}", self.text);
            self.text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
        &self.text
    }

    /// Everything.
    pub(crate) async fn all(mut self) -> String {
        let read = self.socket.read_to_string(&mut self.text);
        tokio::time::timeout(Duration::from_secs(10), read).await.expect("it did not end").unwrap();
        self.text
    }
}

/// The events of an answer: id, and JSON.
fn events(text: &str) -> Vec<(String, Value)> {
    let member =
        |event: &str, name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let read = |event: &str| {
        Some((member(event, "id: ")?, serde_json::from_str(&member(event, "data: ")?).unwrap()))
    };
    text.split("\n\n").filter_map(read).collect()
}

fn types(text: &str) -> Vec<String> {
    events(text).iter().map(|(_, event)| event["type"].as_str().unwrap().to_owned()).collect()
}

fn hello() -> Reply {
    stream([ms(), text(0, "Hel"), text(0, "lo"), close(0), stop("end_turn"), meta(3, 2)])
}

#[tokio::test]
async fn a_prompt_is_answered_as_server_sent_events_with_the_right_headers() {
    let server = Server::new([hello()]);
    let address = service(&server, |_| ()).await;
    let answer = post(&address, "Hi", "").await.all().await;
    let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
    for header in [
        "200 ok",
        "content-type: text/event-stream",
        "x-accel-buffering: no",
        "cache-control: no-cache",
        "x-execution-id: run-0",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert_eq!(types(&answer), ["status", "text_delta", "text_delta", "final_response"]);
    let all = events(&answer);
    assert_eq!(all[0].0, "run-0:1");
    let last = &all[3].1;
    assert_eq!(
        (last["text"].as_str(), last["stopReason"].as_str(), last["usage"]["outputTokens"].as_u64()),
        (Some("Hello"), Some("end_turn"), Some(2))
    );
}

#[tokio::test]
async fn an_event_source_asks_with_get_and_goes_on_behind_its_last_event() {
    let server = Server::new([hello()]);
    let address = service(&server, |_| ()).await;
    let first = ask(&address, "GET /agent/stream?prompt=Hi&session=a", "", "").await.all().await;
    assert_eq!(types(&first).len(), 4);
    let rest = ask(&address, "GET /agent/stream?prompt=Hi&session=a", "last-event-id: run-0:2\r\n", "")
        .await
        .all()
        .await;
    assert_eq!(events(&rest), events(&first)[2..]);
    let gone =
        ask(&address, "GET /agent/stream?prompt=Hi", "last-event-id: run-77:2\r\n", "").await.all().await;
    assert!(gone.starts_with("HTTP/1.1 204"), "{gone}");
    assert_eq!(server.requests().len(), 1, "nothing was asked again");
}

#[tokio::test]
async fn a_client_that_comes_back_in_time_misses_nothing_and_one_that_does_not_stops_the_model() {
    let server = Server::new([stream([ms(), text(0, "half"), Piece::Hang])]);
    let address = service(&server, |settings| settings.linger = Duration::from_millis(500)).await;
    let mut asked = post(&address, "Hi", "").await;
    asked.until("half").await;
    drop(asked);
    let mut again = ask(&address, "GET /agent/stream", "last-event-id: run-0:1\r\n", "").await;
    again.until("half").await;
    assert!(!server.body_dropped.load(Ordering::SeqCst), "it was stopped although somebody listens");
    drop(again);
    let left = Instant::now();
    while !server.body_dropped.load(Ordering::SeqCst) {
        assert!(left.elapsed() < Duration::from_secs(5), "the model's stream goes on");
        tokio::task::yield_now().await;
    }
    let rest = ask(&address, "GET /agent/stream", "last-event-id: run-0:2\r\n", "").await.all().await;
    let (_, last) = &events(&rest)[0];
    assert_eq!((last["message"].as_str(), last["partial"].as_str()), (Some("the client left"), Some("half")));
}

#[tokio::test]
async fn a_prompt_can_be_cancelled_and_its_session_goes_on() {
    let server = Server::new([stream([ms(), text(0, "half"), Piece::Hang]), hello()]);
    let address = service(&server, |_| ()).await;
    let mut asked = post(&address, "Hi", "a").await;
    asked.until("half").await;
    let busy = post(&address, "And?", "a").await.all().await;
    assert!(busy.starts_with("HTTP/1.1 409") && busy.contains("wait for it, or cancel it"), "{busy}");
    let cancelled = ask(&address, "POST /agent/cancel/run-0", "", "").await.all().await;
    assert!(cancelled.starts_with("HTTP/1.1 204"), "{cancelled}");
    assert_eq!(types(asked.until("cancelled").await).last().unwrap(), "execution_failed");
    let next = post(&address, "Again", "a").await.all().await;
    assert_eq!(types(&next).last().unwrap(), "final_response");
    // What was cancelled is no part of the conversation.
    assert_eq!(server.requests()[1]["messages"].as_array().unwrap().len(), 1);
    let unknown = ask(&address, "POST /agent/cancel/run-9", "", "").await.all().await;
    assert!(unknown.starts_with("HTTP/1.1 404"), "{unknown}");
}

#[tokio::test]
async fn a_prompt_that_fails_is_told_to_whoever_keeps_it() {
    let server = Server::new([
        hello(),
        body(403, Some("AccessDeniedException"), &serde_json::json!({"message": "Not you."})),
    ]);
    let told: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let notes = told.clone();
    let address = service(&server, |settings| {
        settings.failed = Some(Arc::new(move |execution, prompt, before, error| {
            notes.lock().unwrap().push(format!("{execution} {prompt} {} {error}", before.messages().len()));
        }));
    })
    .await;
    post(&address, "Hi", "a").await.all().await;
    let failed = post(&address, "Again", "a").await.all().await;
    assert_eq!(types(&failed).last().unwrap(), "execution_failed");
    let told = told.lock().unwrap();
    assert!(
        told.len() == 1 && told[0].starts_with("run-1 Again 2 ") && told[0].contains("Not you."),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_session_remembers_and_another_does_not() {
    let server = Server::new([hello(), hello(), hello()]);
    let address = service(&server, |_| ()).await;
    for session in ["a", "a", "b"] {
        assert_eq!(types(&post(&address, "Hi", session).await.all().await).last().unwrap(), "final_response");
    }
    let lengths: Vec<usize> =
        server.requests().iter().map(|request| request["messages"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [1, 3, 1]);
}

/// A tool that writes, and counts how often.
#[derive(Clone, Default)]
struct Write(Arc<AtomicUsize>);

impl Tool for Write {
    fn name(&self) -> &str {
        "write"
    }
    fn description(&self) -> &str {
        "Writes."
    }
    fn input_schema(&self) -> Value {
        serde_json::json!({"type": "object"})
    }
    fn run<'a>(&'a self, _: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(ToolOutput::Text("written".into())) })
    }
}

#[tokio::test]
async fn a_write_is_executed_once_in_a_session_and_again_in_another() {
    let call =
        || stream([ms(), tool(0, "t1", "write"), frag(0, "{}"), close(0), stop("tool_use"), meta(1, 1)]);
    let server = Server::new([call(), hello(), call(), hello(), call(), hello()]);
    let write = Write::default();
    let ledger = Arc::new(MemoryLedger::default());
    let tools = Toolbox::new().with(write.clone()).unwrap().with_ledger(ledger, "service");
    let address = service_with(&server, tools, |_| ()).await;
    for (session, written) in [("a", 1), ("a", 1), ("b", 2)] {
        let answer = post(&address, "Write.", session).await.all().await;
        assert_eq!(types(&answer).last().unwrap(), "final_response");
        assert_eq!(write.0.load(Ordering::SeqCst), written, "session {session}");
    }
}

#[tokio::test]
async fn tools_are_told_by_name_as_they_run() {
    let call = stream([
        ms(),
        tool(0, "t1", "calculator"),
        frag(0, r#"{"expression":"2*3"}"#),
        close(0),
        stop("tool_use"),
        meta(3, 2),
    ]);
    let server = Server::new([call, hello()]);
    let address = service(&server, |_| ()).await;
    let answer = post(&address, "Hi", "").await.all().await;
    let expected = [
        "status",
        "tool_call",
        "status",
        "tool_result",
        "status",
        "text_delta",
        "text_delta",
        "final_response",
    ];
    assert_eq!(types(&answer), expected);
    let all = events(&answer);
    assert_eq!(all[1].1["input"]["expression"], "2*3");
    assert_eq!(
        (all[2].1["action"].as_str(), all[3].1["ok"].as_bool()),
        (Some("running calculator"), Some(true))
    );
}

#[tokio::test]
async fn while_nothing_happens_comments_tell_that_somebody_is_there() {
    let server = Server::new([stream([ms(), text(0, "half"), Piece::Hang])]);
    let address = service(&server, |settings| settings.heartbeat = Duration::from_millis(20)).await;
    let mut asked = post(&address, "Hi", "").await;
    asked.until(": still here\n\n").await;
}

#[tokio::test]
async fn bad_requests_and_pages_of_others_are_refused() {
    let server = Server::new([]);
    let address = service(&server, |_| ()).await;
    let check = async |request: &str, headers: &str, body: &str, status: &str| {
        let answer = ask(&address, request, headers, body).await.all().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
    };
    let json = "content-type: application/json\r\n";
    check("POST /agent/stream", json, r#"{"prompt": "  "}"#, "400").await;
    check("POST /agent/stream", json, r#"{"prompt": "#, "400").await;
    check("POST /agent/stream", json, r#"{"promt": "Hi"}"#, "422").await;
    check("GET /agent/stream", "", "", "400").await;
    check("GET /agent/stream?prompt=Hi", "origin: http://evil.example\r\n", "", "403").await;
    check("GET /nothing", "", "", "404").await;
    let page = ask(&address, "GET /", "", "").await.all().await;
    assert!(page.contains("<title>faultline agent</title>"), "{page}");
    let schema = ask(&address, "GET /agent/events/schema", "", "").await.all().await;
    assert!(schema.contains("text_delta") && schema.contains("execution_failed"), "{schema}");
    assert!(server.requests().is_empty());
}
