//! The tool server over real sockets and over lines: results, faults, effects.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_mock_bedrock::ToolServer;
use faultline_mock_bedrock::tools::stdio::{self, Ended};
use faultline_scenarios::pace::Speed;
use faultline_scenarios::seed::Seed;
use faultline_scenarios::tool_stub::ToolStub;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

const TOOLS: &str = r"
faultline: 1
replies: [{ message: [{ text: a }] }]
tools:
  pay: { returns: [{ json: { paid: true } }], faults: [{ do: reset, at: head, call: 1 }] }
  crash: { returns: [{ text: half of this is lost }], faults: [{ do: cut, at: bytes 7 }] }
  hang: { faults: [{ do: stall, at: head }] }
  huge: { returns: [{ size: 2000000 }] }
  scalar: { returns: [{ json: 42 }] }
  fail: { returns: [{ error: '' }] }
  drip: { returns: [{ text: '0123456789' }], faults: [{ do: { drip: { bytes: 1, every: 20ms } } }] }
  slice: { returns: [{ text: '0123456789' }], faults: [{ do: { slice: { bytes: [3, 1] } } }] }
  stuck: { returns: [{ text: '0123456789' }], faults: [{ do: stall, at: bytes 4 }] }
  clean: { returns: [{ json: { all: 1 } }], faults: [{ do: { cut: { clean: true } }, at: bytes 4 }] }
  html: { faults: [{ do: { body: { status: 502, contentType: text/html, text: '<html>Bad Gateway</html>' } } }] }
  liar: { returns: [{ text: not JSON }], faults: [{ do: { content_type: { is: application/json } } }] }
";

fn stub() -> Arc<ToolStub> {
    let scenario = faultline_scenarios::load::scenario("tools", "tools", TOOLS).unwrap();
    Arc::new(ToolStub::new(scenario.file.tools, &Seed::new(1), Speed::Max))
}

fn server() -> ToolServer {
    ToolServer::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), stub()).unwrap()
}

/// Sends a request and reads to the end of the connection: what came, and how it ended.
async fn ask(server: &ToolServer, path: &str, header: &str, body: &str) -> (String, Result<(), ErrorKind>) {
    let method = if body.is_empty() { "GET" } else { "POST" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = timeout(Duration::from_secs(10), socket.read_to_end(&mut bytes)).await.unwrap();
    (String::from_utf8_lossy(&bytes).into_owned(), end.map(|_| ()).map_err(|error| error.kind()))
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn a_result_is_lost_after_the_effect_and_a_blind_retry_is_counted() {
    let server = server();
    let key = "x-tool-use-id: tooluse_1\r\n";
    assert_eq!(ask(&server, "/tools/pay", key, "{}").await, (String::new(), Err(ErrorKind::ConnectionReset)));
    let (again, end) = ask(&server, "/tools/pay", key, "{}").await;
    assert_eq!((body(&again), end), (r#"{"paid":true}"#, Ok(())));
    let (effects, _) = ask(&server, "/effects", "", "").await;
    let effects: Value = serde_json::from_str(body(&effects)).unwrap();
    assert_eq!(effects, json!([{ "tool": "pay", "key": "tooluse_1", "count": 2 }]));
}

#[tokio::test]
async fn an_idempotency_key_names_the_call_before_its_tool_use_id() {
    let server = server();
    let _ = ask(&server, "/tools/scalar", "x-tool-use-id: a\r\nidempotency-key: k\r\n", "{}").await;
    assert_eq!(server.stub().effects()[0].key, "k");
}

#[tokio::test]
async fn a_crash_in_mid_answer_leaves_an_unfinished_body() {
    let (answer, end) = ask(&server(), "/tools/crash", "", "{}").await;
    assert_eq!(end, Ok(()));
    assert!(answer.contains("half of") && !answer.contains("this"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "no final chunk: {answer}");
}

#[tokio::test]
async fn a_tool_that_hangs_says_nothing_at_all() {
    let server = server();
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    socket.write_all(b"POST /tools/hang HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    let heard = timeout(Duration::from_millis(300), socket.read_u8()).await;
    assert!(heard.is_err(), "{heard:?}");
}

#[tokio::test]
async fn an_answer_comes_in_pieces_and_whole_over_http_and_as_a_slow_body_over_mcp() {
    let server = server();
    for tool in ["drip", "slice"] {
        let start = Instant::now();
        let (answer, end) = ask(&server, &format!("/tools/{tool}"), "", "{}").await;
        assert_eq!((body(&answer), end), ("0123456789", Ok(())), "{tool}");
        // Nine pauses between ten bytes.
        assert!(tool == "slice" || start.elapsed() >= Duration::from_millis(180), "{:?}", start.elapsed());
    }
    let call = request(1, "tools/call", &json!({ "name": "drip", "arguments": {} })).to_string();
    let start = Instant::now();
    let (answer, _) = ask(&server, "/mcp", "", &call).await;
    let answer: Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "0123456789");
    assert!(start.elapsed() >= Duration::from_millis(180), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_answer_stops_in_its_middle_and_its_connection_stays() {
    let server = server();
    let mut socket = TcpStream::connect(server.addr()).await.unwrap();
    socket.write_all(b"POST /tools/stuck HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"0123\r\n") {
        assert_ne!(timeout(Duration::from_secs(10), socket.read_buf(&mut heard)).await.unwrap().unwrap(), 0);
    }
    let more = timeout(Duration::from_millis(200), socket.read_buf(&mut heard)).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn an_answer_lies_about_itself() {
    let server = server();
    for (tool, status, kind, expected) in [
        ("clean", "200", "application/json", "{\"al"),
        ("html", "502", "text/html", "<html>Bad Gateway</html>"),
        ("liar", "200", "application/json", "not JSON"),
    ] {
        let (answer, end) = ask(&server, &format!("/tools/{tool}"), "", "{}").await;
        assert_eq!((&answer[9..12], end), (status, Ok(())), "{tool}");
        assert!(answer.contains(&format!("content-type: {kind}\r\n")), "{answer}");
        assert!(body(&answer).contains(expected) && !body(&answer).contains("all"), "{answer}");
    }
}

#[tokio::test]
async fn sizes_scalars_failures_and_strangers() {
    let server = server();
    let (huge, _) = ask(&server, "/tools/huge", "", "{}").await;
    assert_eq!(body(&huge).len(), 2_000_000);
    for (path, given, status, expected) in [
        ("/tools/scalar", "{}", "200", "42"),
        ("/tools/fail", "{}", "500", r#"{"error":""}"#),
        ("/tools/none", "{}", "404", r#"{"error":"there is no tool none"}"#),
        ("/tools/scalar", "{oops", "400", r#"{"error":"the input is not JSON"}"#),
    ] {
        let (answer, _) = ask(&server, path, "", given).await;
        assert_eq!((&answer[9..12], body(&answer)), (status, expected), "{path}");
    }
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    assert!(ToolServer::start(anywhere, stub()).is_err());
}

/// What a server over lines answers to these messages, and how it ends.
async fn lines(messages: &[Value]) -> (Vec<Value>, Ended) {
    let input: String = messages.iter().map(|message| format!("{message}\n")).collect();
    over_lines(input.as_bytes()).await
}

async fn over_lines(input: &[u8]) -> (Vec<Value>, Ended) {
    let mut output = Vec::new();
    let ended = stdio::serve(stub(), BufReader::new(input), &mut output).await.unwrap();
    let said = String::from_utf8(output).unwrap();
    (said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(), ended)
}

fn request(id: u32, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

#[tokio::test]
async fn mcp_begins_lists_and_calls() {
    let (mut said, ended) = lines(&[
        request(1, "initialize", &json!({ "protocolVersion": "2025-03-26" })),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        request(2, "tools/list", &json!({})),
        request(3, "tools/call", &json!({ "name": "scalar", "arguments": {} })),
        request(4, "tools/call", &json!({ "name": "fail", "arguments": {} })),
        request(5, "tools/call", &json!({ "name": "none", "arguments": {} })),
        request(6, "resources/list", &json!({})),
    ])
    .await;
    assert_eq!(ended, Ended::ByClient);
    // Calls run side by side: the answers come as they are ready.
    said.sort_by_key(|answer| answer["id"].as_u64());
    assert_eq!(said.len(), 6, "a notification is not answered");
    assert_eq!(said[0]["result"]["protocolVersion"], "2025-03-26");
    assert_eq!(said[1]["result"]["tools"][0]["annotations"], json!({ "idempotentHint": false }));
    let names: Vec<&str> = said[1]["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["clean", "crash", "drip", "fail", "hang", "html", "huge", "liar", "pay", "scalar", "slice", "stuck"]
    );
    assert_eq!(said[2]["result"]["content"][0]["text"], "42");
    assert_eq!(said[3]["result"], json!({ "content": [], "isError": true }));
    assert_eq!((&said[4]["error"]["code"], &said[5]["error"]["code"]), (&json!(-32602), &json!(-32601)));
}

#[tokio::test]
async fn a_tool_that_crashes_ends_the_server_over_lines() {
    let (said, ended) =
        lines(&[request(1, "tools/call", &json!({ "name": "crash", "arguments": {} }))]).await;
    assert_eq!((said.len(), ended), (0, Ended::ByPlan));
}

/// What is no request, and the code that it is answered with; none where it is not answered.
const STRANGE: [(&[u8], Option<i64>); 13] = [
    (b"{\"id\": 1, \"method\": \"\xff\xfe\"}", Some(-32700)),
    (b"\xff", Some(-32700)),
    (b"garbage", Some(-32700)),
    (b"{\"id\": 1", Some(-32700)),
    (b"[]", Some(-32600)),
    (br#"[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]"#, Some(-32600)),
    (b"7", Some(-32600)),
    (b"null", Some(-32600)),
    (b"{}", Some(-32600)),
    (br#"{"jsonrpc": "2.0", "id": null, "method": "ping"}"#, Some(-32600)),
    (br#"{"jsonrpc": "2.0", "id": 1, "result": {}}"#, None),
    (br#"{"jsonrpc": "2.0", "id": null, "error": {"code": 1, "message": ""}}"#, None),
    (br#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#, None),
];

#[tokio::test]
async fn what_is_no_request_is_told_so_over_lines_and_the_server_goes_on() {
    let ping = request(7, "ping", &json!({})).to_string();
    for (strange, code) in STRANGE {
        let (mut said, ended) = over_lines(&[strange, b"\r\n\n", ping.as_bytes()].concat()).await;
        said.sort_by_key(|answer| answer["id"].as_u64());
        let shown = String::from_utf8_lossy(strange);
        assert_eq!((ended, said.pop().unwrap()["id"].as_u64()), (Ended::ByClient, Some(7)), "{shown}");
        let codes: Vec<_> =
            said.iter().map(|answer| (&answer["id"], answer["error"]["code"].as_i64())).collect();
        assert_eq!(
            codes,
            code.map(|code| (&Value::Null, Some(code))).into_iter().collect::<Vec<_>>(),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn what_is_no_request_is_told_so_over_http() {
    let server = server();
    for (strange, code) in STRANGE {
        // `ask` sends text; over lines the same parser sees the bytes.
        let Ok(strange) = std::str::from_utf8(strange) else { continue };
        let (answer, _) = ask(&server, "/mcp", "", strange).await;
        let found = serde_json::from_str::<Value>(body(&answer)).unwrap_or_default();
        let status = if code.is_some() { "400" } else { "202" };
        assert_eq!((&answer[9..12], found["error"]["code"].as_i64()), (status, code), "{strange}");
        assert_eq!(found["id"], Value::Null, "{strange}");
    }
}

#[tokio::test]
async fn a_call_without_a_name_is_told_what_it_lacks() {
    for params in [json!({}), json!({ "name": 7 }), json!(null)] {
        let (said, _) = lines(&[request(1, "tools/call", &params)]).await;
        let error = &said[0]["error"];
        assert_eq!((&said[0]["id"], &error["code"]), (&json!(1), &json!(-32602)), "{params}");
        assert!(error["message"].as_str().unwrap().contains("needs `name`"), "{error}");
    }
}

#[tokio::test]
async fn web_pages_of_other_machines_are_kept_out() {
    let server = server();
    let ping = request(1, "ping", &json!({})).to_string();
    for (origin, status) in
        [("http://localhost:6274", "200"), ("https://example.com", "403"), ("null", "403")]
    {
        for path in ["/mcp", "/reset"] {
            let _ = ask(&server, "/tools/scalar", "", "{}").await;
            let (answer, _) = ask(&server, path, &format!("origin: {origin}\r\n"), &ping).await;
            assert_eq!(&answer[9..12], status, "{path} from {origin}");
            let forgotten = path == "/reset" && status == "200";
            assert_eq!(server.stub().effects().is_empty(), forgotten, "{path} from {origin}");
        }
    }
}
