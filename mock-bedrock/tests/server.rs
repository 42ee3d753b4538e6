//! Requests good and bad, the admin API, start, stop and verification.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, bytes, h1, soon, start, stream};
use faultline_mock_bedrock::{MockBedrock, Options, StartError, snapshot};
use faultline_scenarios::plan::Ending;
use faultline_scenarios::timeline::Outcome;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const PATH: &str = "/model/m/converse-stream";

fn short() -> Arc<Fixed> {
    Fixed::one(stream(&[(0, bytes(100, 1), false)], 0, Ending::Complete))
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
}

async fn admin(server: &MockBedrock, text: &str) -> Value {
    serde_json::from_slice(&h1::send(server.addr(), text).await.body()).unwrap()
}

#[tokio::test]
async fn a_broken_body_is_refused_in_bedrocks_shape_and_the_server_goes_on() {
    let server = start(short()).await.unverified();
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    let answer = h1::exchange(&mut io, &h1::request(PATH, "", "{\"messages\": [")).await;
    assert_eq!(answer.status(), "400");
    assert!(answer.header("x-amzn-errortype").unwrap().starts_with("SerializationException:http://"));
    assert_eq!(answer.body(), br#"{"Message":"The request body is not valid JSON."}"#);
    assert_eq!(h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await.status(), "200");
    let exchanges = server.exchanges();
    assert_eq!(exchanges.len(), 2);
    assert!(format!("{:?}", exchanges[0].decision.verdict).contains("SerializationException"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let options = Options { body_limit: 10, ..Options::default() };
    let server = MockBedrock::start(options, short()).await.unwrap().unverified();
    let answer = h1::send(server.addr(), &h1::request(PATH, "", r#"{"a":"0123456789"}"#)).await;
    assert_eq!(answer.status(), "413");
    assert_eq!(h1::send(server.addr(), &h1::request(PATH, "", r#"{"a":"01"}"#)).await.status(), "200");
}

#[tokio::test]
async fn an_unknown_operation_is_answered_as_bedrock_does_and_fails_verification() {
    let server = start(short()).await.unverified();
    let answer = h1::post(server.addr(), "/model/arn:aws:x/y/converse").await;
    assert_eq!((answer.status(), answer.header("content-type")), ("200", Some("application/json")));
    assert!(String::from_utf8(answer.body()).unwrap().contains("UnknownOperationException"));
    assert_eq!(server.unknown_requests(), ["POST /model/arn:aws:x/y/converse"]);
    assert_eq!(server.verify()["passed"], false);
}

#[tokio::test]
async fn the_session_comes_from_the_path_or_the_header() {
    let server = start(short()).await;
    for (path, headers) in [
        (PATH.to_owned(), ""),
        (format!("/s/messages/tool_parallel{PATH}"), ""),
        (format!("/mine{PATH}?"), ""),
        (format!("/s/other{PATH}"), "x-faultline-session: said\r\n"),
    ] {
        assert_eq!(h1::send(server.addr(), &h1::request(&path, headers, "{}")).await.status(), "200");
    }
    let sessions: Vec<String> =
        server.exchanges().iter().map(|exchange| exchange.session.to_string()).collect();
    assert_eq!(sessions, ["", "messages/tool_parallel", "mine", "said"]);
}

#[tokio::test]
async fn secrets_do_not_reach_the_journal() {
    let server = start(short()).await;
    let secret = "Authorization: AWS4-HMAC-SHA256 Credential=AKIA\r\n";
    h1::send(server.addr(), &h1::request(PATH, secret, "{}")).await;
    assert_eq!(server.exchanges()[0].call.header("authorization"), Some("AWS4-HMAC-SHA256 (redacted)"));
}

#[tokio::test]
async fn admin_shows_and_forgets() {
    let server = start(short()).await;
    assert_eq!(admin(&server, &get("/_faultline/health")).await["status"], "ok");
    assert_eq!(admin(&server, &get("/_faultline/scenarios")).await, json!([{ "name": "fixed" }]));
    let body = r#"{"inferenceConfig":{"maxTokens":5}}"#;
    for path in [PATH.to_owned(), format!("/s/one{PATH}")] {
        h1::send(server.addr(), &h1::request(&path, "", body)).await;
    }
    let all = admin(&server, &get("/_faultline/exchanges")).await;
    assert_eq!(all["exchanges"].as_array().unwrap().len(), 2);
    let one = admin(&server, &get("/_faultline/exchanges?session=one")).await;
    let exchange = &one["exchanges"][0];
    assert_eq!(exchange["request"]["body"]["inferenceConfig"]["maxTokens"], 5);
    assert_eq!(exchange["request"]["operation"], "ConverseStream");
    assert_eq!(exchange["timeline"]["outcome"], "played");
    assert_eq!(exchange["timeline"]["actions"].as_array().unwrap().len(), 3);
    assert!(exchange["timeline"]["text"].as_str().unwrap().contains("100 B"));
    assert_eq!(admin(&server, &get("/_faultline/verify")).await, json!({ "passed": true, "problems": [] }));

    admin(&server, &h1::request("/_faultline/reset?session=one", "", "")).await;
    assert_eq!(server.exchanges().len(), 1);
    admin(&server, &h1::request("/_faultline/reset", "", "")).await;
    assert_eq!(server.exchanges().len(), 0);
    assert_eq!(h1::send(server.addr(), &get("/_faultline/nothing")).await.status(), "404");
}

#[tokio::test]
async fn an_admin_token_is_asked_for_where_one_is_set() {
    let options = Options { admin_token: Some("t0".into()), ..Options::default() };
    let server = MockBedrock::start(options, short()).await.unwrap();
    assert_eq!(h1::send(server.addr(), &get("/_faultline/health")).await.status(), "401");
    let text = "GET /_faultline/health HTTP/1.1\r\nhost: x\r\nx-faultline-token: t0\r\n\r\n";
    assert_eq!(h1::send(server.addr(), text).await.status(), "200");
    assert_eq!(h1::post(server.addr(), PATH).await.status(), "200");
}

#[tokio::test]
async fn what_prevents_a_start_is_said_in_one_sentence() {
    let server = start(short()).await;
    let taken = Options { address: server.addr(), ..Options::default() };
    let error = MockBedrock::start(taken, short()).await.err().unwrap();
    assert!(matches!(error, StartError::PortTaken(_)));
    let port = server.addr().port();
    assert_eq!(
        error.to_string(),
        format!(
            "port {port} on 127.0.0.1 is taken: stop the other program, or choose another port (0 takes a free one)"
        )
    );
    let open = Options { address: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    let error = MockBedrock::start(open, short()).await.err().unwrap();
    assert!(error.to_string().starts_with("0.0.0.0 is not a loopback address"), "{error}");
    let open = Options { address: "0.0.0.0:0".parse().unwrap(), public: true, ..Options::default() };
    let error = MockBedrock::start(open, short()).await.err().unwrap();
    assert!(error.to_string().contains("set an admin token"), "{error}");
    let nowhere = Options { tls: true, ca_path: Some("/no/such/folder/ca.pem".into()), ..Options::default() };
    let error = MockBedrock::start(nowhere, short()).await.err().unwrap();
    assert!(
        error.to_string().starts_with("cannot write the CA certificate to /no/such/folder/ca.pem"),
        "{error}"
    );
}

#[tokio::test]
async fn the_journal_is_bounded_and_listeners_hear_everything() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let options = Options {
        journal: 2,
        listeners: vec![Arc::new(move |exchange| ear.lock().unwrap().push(exchange.id))],
        ..Options::default()
    };
    let server = MockBedrock::start(options, short()).await.unwrap();
    for _ in 0..3 {
        h1::post(server.addr(), PATH).await;
    }
    let ids: Vec<u64> = soon("three", server.wait_for(3)).await.iter().map(|exchange| exchange.id).collect();
    assert_eq!((ids, heard.lock().unwrap().clone()), (vec![2, 3], vec![1, 2, 3]));
}

#[tokio::test]
async fn a_stop_lets_answers_finish_and_breaks_off_the_rest() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let options = Options {
        grace: Duration::from_millis(300),
        listeners: vec![Arc::new(move |exchange| {
            ear.lock().unwrap().push(exchange.timeline.outcome.clone());
        })],
        ..Options::default()
    };
    let plans = Fixed::many([
        ("m", stream(&[(0, vec![1], false), (50, vec![2], false)], 50, Ending::Complete)),
        ("stalled", stream(&[(0, vec![1], false)], 0, Ending::Stall)),
    ]);
    let server = MockBedrock::start(options, Arc::<Fixed>::clone(&plans)).await.unwrap();
    let address = server.addr();
    let answering = tokio::spawn(h1::post(address, PATH));
    soon("the first", plans.asked.notified()).await;
    let mut stalled = TcpStream::connect(address).await.unwrap();
    stalled.write_all(h1::request("/model/stalled/converse-stream", "", "{}").as_bytes()).await.unwrap();
    soon("the second", plans.asked.notified()).await;
    soon("the stop", server.stop()).await;
    assert_eq!(answering.await.unwrap().end, h1::End::Whole);
    assert_eq!(*heard.lock().unwrap(), [Outcome::Played, Outcome::ServerStopped]);
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn what_is_under_way_can_be_cut_off_and_the_server_goes_on() {
    let plans = Fixed::many([
        ("m", stream(&[(0, vec![1], false)], 0, Ending::Complete)),
        ("stalled", stream(&[(0, vec![1], false)], 0, Ending::Stall)),
    ]);
    let server = start(Arc::<Fixed>::clone(&plans)).await;
    let mut stalled = TcpStream::connect(server.addr()).await.unwrap();
    stalled.write_all(h1::request("/model/stalled/converse-stream", "", "{}").as_bytes()).await.unwrap();
    soon("the stalled one", plans.asked.notified()).await;
    soon("the cut", server.cut_off()).await;
    assert_eq!(server.under_way(), 0);
    assert_eq!(server.exchanges()[0].timeline.outcome, Outcome::ServerStopped);
    assert_eq!(h1::post(server.addr(), PATH).await.end, h1::End::Whole);
    assert_eq!(soon("both", server.wait_for(2)).await[1].timeline.outcome, Outcome::Played);
}

#[test]
fn a_drop_verifies_unless_told_otherwise() {
    let broken = || async {
        let server = start(short()).await;
        h1::send(server.addr(), &h1::request(PATH, "", "{")).await;
        server
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { drop(broken().await.unverified()) });
    let server = runtime.block_on(broken());
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(server))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert_eq!(text, "the mock Bedrock found problems:\n  - exchange 1 was refused");
}

#[tokio::test]
async fn a_snapshot_is_the_same_in_every_run() {
    let steps = [(0, bytes(10, 1), false), (7, bytes(20, 1), false)];
    let server = start(Fixed::one(stream(&steps, 9, Ending::Cut))).await;
    h1::send(server.addr(), &h1::request(&format!("/s/one{PATH}"), "", "{}")).await;
    insta::assert_snapshot!(snapshot(&server.exchanges()), @r"
    ConverseStream m over HTTP/1.1
    session one
    scripted: fixed, reply 1
        0 ms  head   200 application/vnd.amazon.eventstream
        0 ms  data   step0                                             10 B
        7 ms  data   step1                                             20 B
        9 ms  end    cut
    ");
}
