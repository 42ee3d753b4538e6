//! Faults and admissions that are added while the server runs: over the admin API and by the handle.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, bytes, h1, soon, stream};
use faultline_mock_bedrock::{InjectError, MockBedrock, Options, Scripted};
use faultline_scenarios::plan::Ending;
use faultline_scenarios::{Book, load};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const PATH: &str = "/model/amazon.nova-pro-v1:0/converse-stream";
const FAULTS: &str = "/_faultline/faults";
const ADMISSION: &str = "/_faultline/admission";

async fn playing(options: Options) -> MockBedrock {
    let text = "faultline: 1\nreplies: [{message: [{text: Hello there.}]}]\n";
    let hello = load::scenario("hello", "hello.yaml", text).unwrap();
    let brain = Arc::new(Scripted::new(Book::new(vec![hello])).lenient());
    MockBedrock::start(options, brain).await.unwrap().unverified()
}

/// An admin request on a connection of its own: status and JSON.
async fn admin(server: &MockBedrock, method: &str, path: &str, body: &str) -> (String, Value) {
    admin_with(server, method, path, "", body).await
}

/// The same with a further header line.
async fn admin_with(
    server: &MockBedrock,
    method: &str,
    path: &str,
    header: &str,
    body: &str,
) -> (String, Value) {
    let length = body.len();
    let text =
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{header}content-length: {length}\r\n\r\n{body}");
    let answer = soon("the admin API", h1::send(server.addr(), &text)).await;
    let json = serde_json::from_slice(&answer.body()).unwrap_or(Value::Null);
    (answer.status().to_owned(), json)
}

async fn ok(server: &MockBedrock, method: &str, path: &str, body: &str) -> Value {
    let (status, json) = admin(server, method, path, body).await;
    assert_eq!(status, "200", "{json}");
    json
}

/// How a request of `session` is answered: its status and how it ended.
async fn ask(server: &MockBedrock, session: &str) -> (String, h1::End) {
    let header = format!("x-faultline-session: {session}\r\n");
    let body = r#"{"messages": [{"role": "user", "content": [{"text": "Hi."}]}]}"#;
    let text = h1::request(PATH, if session.is_empty() { "" } else { &header }, body);
    let answer = soon("an answer", h1::send(server.addr(), &text)).await;
    (answer.status().to_owned(), answer.end)
}

fn well() -> (String, h1::End) {
    ("200".to_owned(), h1::End::Whole)
}

fn throttled() -> (String, h1::End) {
    ("429".to_owned(), h1::End::Whole)
}

#[tokio::test]
async fn a_fault_strikes_one_session_from_now_on() {
    let server = playing(Options::default()).await;
    assert_eq!(ask(&server, "one").await, well());
    let added =
        ok(&server, "POST", &format!("{FAULTS}?session=one"), r#"{"do": "throttle", "times": 2}"#).await;
    assert_eq!(added, json!({ "added": 1 }));
    assert_eq!(ask(&server, "other").await, well());
    assert_eq!(ask(&server, "").await, well());
    assert_eq!([ask(&server, "one").await, ask(&server, "one").await], [throttled(), throttled()]);
    assert_eq!(ask(&server, "one").await, well(), "two times are over");
    let faults: Vec<_> = server.exchanges().iter().map(|exchange| exchange.decision.faults.len()).collect();
    assert_eq!(faults, [0, 0, 0, 1, 1, 0]);
}

#[tokio::test]
async fn a_fault_without_a_session_strikes_all_of_them() {
    let server = playing(Options::default()).await;
    let list = r#"[{"do": "throttle", "times": 1}, {"do": "reset", "at": "messageStop"}]"#;
    assert_eq!(ok(&server, "POST", FAULTS, list).await, json!({ "added": 2 }));
    for session in ["one", "other", ""] {
        assert_eq!(ask(&server, session).await, throttled(), "{session}");
        assert_eq!(ask(&server, session).await, ("200".to_owned(), h1::End::Rst), "{session}");
    }
}

#[tokio::test]
async fn the_default_session_has_the_empty_name() {
    let server = playing(Options::default()).await;
    ok(&server, "POST", &format!("{FAULTS}?session="), r#"{"do": "throttle"}"#).await;
    assert_eq!((ask(&server, "one").await, ask(&server, "").await), (well(), throttled()));
}

#[tokio::test]
async fn faults_are_listed_and_forgotten() {
    let server = playing(Options::default()).await;
    let (throttle, reset) = (json!({ "do": "throttle" }), json!({ "do": "reset", "at": "50%" }));
    ok(&server, "POST", FAULTS, &throttle.to_string()).await;
    ok(&server, "POST", &format!("{FAULTS}?session=one"), &reset.to_string()).await;
    let shown = |session: Value, fault: &Value| json!({ "session": session, "fault": fault, "struck": 0 });
    let (all, one) = (shown(Value::Null, &throttle), shown(json!("one"), &reset));
    assert_eq!(ok(&server, "GET", FAULTS, "").await, json!({ "faults": [all, one] }));
    assert_eq!(ok(&server, "GET", &format!("{FAULTS}?session=one"), "").await, json!({ "faults": [one] }));
    let forgotten = ok(&server, "DELETE", &format!("{FAULTS}?session=one"), "").await;
    assert_eq!(forgotten, json!({ "forgotten": 1 }));
    assert_eq!(ask(&server, "one").await, throttled(), "the fault for all is still there");
    assert_eq!(ok(&server, "GET", FAULTS, "").await["faults"][0]["struck"], 1);
    assert_eq!(ok(&server, "DELETE", FAULTS, "").await, json!({ "forgotten": 1 }));
    assert_eq!(ok(&server, "GET", FAULTS, "").await, json!({ "faults": [] }));
    assert_eq!((ask(&server, "one").await, ask(&server, "new").await), (well(), well()));
}

#[tokio::test]
async fn a_reset_forgets_added_faults() {
    let server = playing(Options::default()).await;
    for session in ["?session=one", "?session=other"] {
        ok(&server, "POST", &format!("{FAULTS}{session}"), r#"{"do": "throttle"}"#).await;
    }
    ok(&server, "POST", "/_faultline/reset?session=one", "").await;
    assert_eq!((ask(&server, "one").await, ask(&server, "other").await), (well(), throttled()));
    ok(&server, "POST", "/_faultline/reset", "").await;
    assert_eq!(ask(&server, "other").await, well());
}

#[tokio::test]
async fn a_bad_body_is_told_back_with_every_problem_and_adds_nothing() {
    let server = playing(Options::default()).await;
    let two = r#"[{"do": "rezet", "at": "end"}, {"do": "throttle"}, {"do": "reset"}]"#;
    for (path, body, parts) in [
        (FAULTS, two, &["faults[0].do: `rezet` is not one of", "faults[2]: `reset` needs `at`"][..]),
        (FAULTS, "{", &["fault:1:"]),
        (FAULTS, "", &["faults[0]"]),
        (ADMISSION, r#"{"do": "refuze", "times": 0}"#, &["`refuze` is not one of", "admission[0].times"]),
        (ADMISSION, r#"{"do": "unknown_ca"}"#, &["`unknown_ca` needs a server with TLS"]),
        (
            ADMISSION,
            r#"[{"do": "close_idle"}, {"do": "refuse"}]"#,
            &["`refuse` without `times` would lock out"],
        ),
        (ADMISSION, r#"{"do": "black_hole"}"#, &["`black_hole` without `times` would lock out"]),
        (ADMISSION, r#"{"do": {"slow_accept": "1ms"}}"#, &["add `times`"]),
        (ADMISSION, "[]", &["the list is empty"]),
        (FAULTS, "[]", &["the list is empty"]),
        ("/_faultline/faults?sesion=a", r#"{"do": "throttle"}"#, &["`sesion`; faults takes `session`"]),
        ("/_faultline/admission?session=a", r#"{"do": "close_idle"}"#, &["`session`; admission takes none"]),
        ("/_faultline/reset?sesion=a", "", &["`sesion`; reset takes `session`"]),
    ] {
        let (status, json) = admin(&server, "POST", path, body).await;
        let problems = json["problems"].as_array().unwrap();
        assert_eq!((status.as_str(), problems.len()), ("400", parts.len()), "{json}");
        for (problem, part) in problems.iter().zip(parts) {
            assert!(problem.as_str().unwrap().contains(part), "{json}");
            assert!(json["error"].as_str().unwrap().contains(part), "{json}");
        }
    }
    assert_eq!(ok(&server, "GET", FAULTS, "").await, json!({ "faults": [] }));
    assert_eq!(ok(&server, "GET", ADMISSION, "").await, json!({ "admission": [] }));
}

#[tokio::test]
async fn a_brain_without_scenarios_takes_no_faults() {
    let brain = Fixed::one(stream(&[(0, bytes(9, 1), false)], 0, Ending::Complete));
    let server = MockBedrock::start(Options::default(), brain).await.unwrap();
    assert!(matches!(server.inject(None, "{do: throttle}"), Err(InjectError::NoFaults)));
}

#[tokio::test]
async fn admissions_are_added_listed_seen_and_forgotten() {
    let server = playing(Options::default()).await;
    assert_eq!(ask(&server, "").await, well());
    let refuse = json!({ "do": "refuse", "times": 1 });
    let close = json!({ "do": "close_idle" });
    let list = json!([refuse, close]).to_string();
    assert_eq!(ok(&server, "POST", ADMISSION, &list).await, json!({ "added": 2 }));
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    let error = soon("the reset", io.read(&mut [0; 9])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(ok(&server, "GET", ADMISSION, "").await, json!({ "admission": [refuse, close] }));
    assert_eq!(ask(&server, "").await, well());
    let seen = ok(&server, "GET", "/_faultline/connections", "").await;
    let events = seen["events"].as_array().unwrap();
    let shown: Vec<_> = events.iter().map(|event| (&event["connection"], &event["did"])).collect();
    assert_eq!(shown, [(&json!(3), &json!("refuse")), (&json!(5), &json!("close_idle"))]);
    assert!(events.iter().all(|event| event["ms"].as_f64().unwrap() > 0.0));
    assert_eq!(seen["connections"], 6, "this one included");
    assert_eq!(ok(&server, "DELETE", ADMISSION, "").await, json!({ "forgotten": 2 }));
    assert_eq!(ok(&server, "GET", ADMISSION, "").await, json!({ "admission": [] }));
}

#[tokio::test]
async fn the_handle_does_what_the_admin_api_does() {
    let server = playing(Options::default()).await;
    assert_eq!(server.inject(Some("one"), "{do: throttle}").unwrap(), 1);
    assert_eq!(ask(&server, "one").await, throttled());
    assert_eq!((server.forget_injected(None), ask(&server, "one").await), (1, well()));
    let error = server.inject(None, "{do: reset}").unwrap_err();
    assert_eq!(error.problems().len(), 1);
    assert!(error.to_string().contains("`reset` needs `at`"), "{error}");
    server.admit("{do: refuse}").unwrap();
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    assert!(soon("the reset", io.read(&mut [0; 9])).await.is_err());
    assert_eq!((server.forget_admitted(), server.connections().len()), (1, 1));
    assert_eq!(ask(&server, "").await, well());
    server.reset(None);
    assert!(server.connections().is_empty());
}

#[tokio::test]
async fn the_admin_api_guards_additions_and_names_its_routes() {
    let options = Options { admin_token: Some("sesame".to_owned()), ..Options::default() };
    let server = playing(options).await;
    assert_eq!(admin(&server, "POST", FAULTS, r#"{"do": "throttle"}"#).await.0, "401");
    assert_eq!(ask(&server, "").await, well());
    let server = playing(Options::default()).await;
    let (status, json) = admin(&server, "GET", "/_faultline/nowhere", "").await;
    assert_eq!(status, "404");
    assert!(json["error"].as_str().unwrap().contains("GET, POST, DELETE faults, admission"), "{json}");
}

#[tokio::test]
async fn an_unknown_query_parameter_of_what_is_read_is_told_back() {
    let server = playing(Options::default()).await;
    for path in ["exchanges", "verify", "faults"] {
        let (status, json) = admin(&server, "GET", &format!("/_faultline/{path}?sesion=a"), "").await;
        let expected = format!("unknown query parameter `sesion`; {path} takes `session`");
        assert_eq!((status.as_str(), &json["error"]), ("400", &json!(expected)));
        ok(&server, "GET", &format!("/_faultline/{path}?session=a"), "").await;
    }
}

#[tokio::test]
async fn an_admission_that_ends_by_itself_is_taken() {
    let server = playing(Options::default()).await;
    for written in
        [r#"{"do": "refuse", "connection": 99}"#, r#"{"do": "black_hole", "connection": 99, "times": 1}"#]
    {
        assert_eq!(ok(&server, "POST", ADMISSION, written).await, json!({ "added": 1 }));
    }
}

#[tokio::test]
async fn web_pages_of_other_machines_change_nothing() {
    let server = playing(Options::default()).await;
    let foreign = "origin: https://example.com\r\n";
    for (method, path, body) in [
        ("POST", FAULTS, r#"{"do": "throttle"}"#),
        ("DELETE", FAULTS, ""),
        ("POST", ADMISSION, r#"{"do": "close_idle"}"#),
        ("DELETE", ADMISSION, ""),
        ("POST", "/_faultline/reset", ""),
        ("POST", "/_faultline/health", ""),
    ] {
        let (status, json) = admin_with(&server, method, path, foreign, body).await;
        assert_eq!(status, "403", "{method} {path}: {json}");
    }
    assert_eq!(ok(&server, "GET", FAULTS, "").await, json!({ "faults": [] }));
    assert_eq!(ok(&server, "GET", ADMISSION, "").await, json!({ "admission": [] }));
    let (own, body) = ("origin: http://localhost:5173\r\n", r#"{"do": "throttle"}"#);
    assert_eq!(admin_with(&server, "POST", FAULTS, own, body).await.0, "200");
    assert_eq!(admin_with(&server, "GET", FAULTS, foreign, "").await.0, "200", "what is read is not guarded");
}
