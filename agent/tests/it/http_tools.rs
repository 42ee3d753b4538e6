//! Tools behind HTTP, against a small server of raw bytes.

use std::sync::{Arc, Mutex};

use faultline_agent::tools::{HttpPool, HttpTool, ToolPolicy};
use faultline_agent::{AgentEvent, Conversation, Mode, Tool, ToolContext, ToolError, ToolOutput, Toolbox};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::script::{Server, ask_on, calls, config, says};

/// What the server saw: the number of the connection, the head in lower case, the body.
type Seen = Arc<Mutex<Vec<(usize, String, String)>>>;

/// A server that gives one answer after the other, over however many connections. An answer's `|` parts two
/// writes; `CUT` ends the connection.
async fn serve(answers: &[&str]) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/run", listener.local_addr().unwrap());
    let answers = Arc::new(Mutex::new(answers.iter().rev().map(ToString::to_string).collect::<Vec<_>>()));
    let seen = Seen::default();
    let kept = seen.clone();
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(talk(connection, stream, answers.clone(), kept.clone()));
        }
    });
    (url, seen)
}

async fn talk(connection: usize, stream: TcpStream, answers: Arc<Mutex<Vec<String>>>, seen: Seen) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        seen.lock().unwrap().push((connection, head, String::from_utf8(body).unwrap()));
        let Some(answer) = answers.lock().unwrap().pop() else { return };
        for part in answer.split('|') {
            if part == "CUT" {
                return;
            }
            stream.write_all(part.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
    }
}

fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn tool(url: &str) -> HttpTool {
    let schema = json!({"type": "object"});
    HttpTool::new("remote", "Elsewhere.", schema, HttpPool::new().unwrap(), url).unwrap()
}

async fn run(tool: &HttpTool) -> Result<ToolOutput, ToolError> {
    tool.run(json!({"n": 7}).as_object().unwrap(), &ToolContext::detached()).await
}

#[tokio::test]
async fn an_input_is_posted_and_connections_are_used_again() {
    let (url, seen) = serve(&[&answer(200, "{\"a\":1}"), &answer(200, "two")]).await;
    let tool = tool(&url).with_header("Authorization", "Bearer x").unwrap();
    assert_eq!(run(&tool).await, Ok(ToolOutput::Json(json!({"a": 1}))));
    assert_eq!(run(&tool).await, Ok(ToolOutput::Text("two".into())));
    let seen = seen.lock().unwrap();
    assert_eq!(seen.iter().map(|(connection, ..)| *connection).collect::<Vec<_>>(), [0, 0], "one connection");
    let (_, head, body) = &seen[0];
    assert!(head.starts_with("post /run http/1.1\r\n"), "{head}");
    assert!(
        head.contains("content-type: application/json") && head.contains("authorization: bearer x"),
        "{head}"
    );
    assert_eq!(body, "{\"n\":7}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_no_server_is_an_error_that_may_pass() {
    let (url, _) = serve(&["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf|CUT"]).await;
    let error = run(&tool(&url)).await.unwrap_err();
    assert!(error.transient && error.message.starts_with("The answer broke off: "), "{error}");
    let error = run(&tool("http://127.0.0.1:1/")).await.unwrap_err();
    assert!(error.transient && error.message.starts_with("The service cannot be reached: "), "{error}");
}

#[tokio::test]
async fn a_service_that_is_busy_is_asked_again_with_the_same_key_and_its_answer_comes_in_chunks() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\none \r\n|3\r\ntwo\r\n0\r\n\r\n";
    let (url, seen) = serve(&[&answer(503, "busy"), chunked]).await;
    let policy =
        ToolPolicy { retries: 1, backoff: std::time::Duration::from_millis(1), ..ToolPolicy::read() };
    let toolbox = Toolbox::new().with(tool(&url).with_policy(policy)).unwrap();
    let server = Server::new([calls("a", "remote", &["{}"]), says("done")]);
    let outcome = ask_on(&server, config(Mode::Streaming), toolbox, &mut Conversation::new()).await;
    let told = outcome.last_message(1)[0]["toolResult"]["content"][0]["text"].clone();
    assert_eq!(told, "one two");
    let chunks = outcome.events.iter().filter_map(|event| match event {
        AgentEvent::ToolResultChunk { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(chunks.collect::<String>(), "one two");
    let retried = |event: &AgentEvent| matches!(event, AgentEvent::ToolRetry { attempt: 2, error, .. } if error == "The service answered with status 503. busy");
    assert!(outcome.events.iter().any(retried));
    let seen = seen.lock().unwrap();
    let keys: Vec<_> = seen
        .iter()
        .filter_map(|(_, head, _)| head.lines().find(|line| line.starts_with("idempotency-key: ")))
        .collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
}
