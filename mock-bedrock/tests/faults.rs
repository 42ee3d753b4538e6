//! Every fault as raw bytes: what arrives over HTTP/1.1 and HTTP/2 is what the plan says, write by write.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, h1, h2raw, soon, start};
use faultline_mock_bedrock::MockBedrock;
use faultline_scenarios::aim::Aim;
use faultline_scenarios::faults::{Strike, apply};
use faultline_scenarios::label::label;
use faultline_scenarios::plan::{Act, Action, EVENT_STREAM, Ending, Head, Label, Plan};
use faultline_wire::{Event, FramedEvent};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The faults of each case, in their order, with their aims; an empty aim is none.
fn cases() -> Vec<Vec<(Value, &'static str)>> {
    let one = |written: Value, at| vec![(written, at)];
    let delta = "contentBlockDelta 1";
    vec![
        one(json!({"error": {"type": "ThrottlingException", "retryAfter": "2s"}}), ""),
        vec![(json!({"error": {"type": "ThrottlingException"}}), ""), (json!({"stall": {}}), "bytes 20")],
        one(json!({"throttle": {}}), delta),
        one(json!({"exception": {"type": "modelStreamErrorException"}}), delta),
        one(json!({"exception": {"type": "internalServerException", "asError": true}}), delta),
        one(json!({"exception": {"type": "anError", "asError": true, "thenFrames": true}}), "bytes 5"),
        one(json!({"body": {"text": "<html><body>Sign in</body></html>"}}), ""),
        one(json!({"body": {"status": 502, "contentType": "application/json", "text": "{\"a\":1}"}}), ""),
        vec![(json!({"body": {"text": "<html>"}}), ""), (json!({"cut": {}}), "bytes 3")],
        one(json!({"content_type": {}}), ""),
        one(json!({"content_type": {"is": "text/html; charset=utf-8"}}), ""),
        one(json!({"sse": {}}), ""),
        one(json!({"drip": {"bytes": 100, "every": "4ms"}}), ""),
        one(json!({"drip": {"bytes": 9, "every": "2ms"}}), delta),
        vec![(json!({"drip": {"bytes": 50, "every": "1ms"}}), ""), (json!({"reset": {}}), "bytes 333")],
        one(json!({"slice": {}}), ""),
        one(json!({"slice": {"bytes": [50, 1, 90]}}), ""),
        one(json!({"slice": {"around": "frames"}}), ""),
        vec![(json!({"slice": {"around": "frames"}}), ""), (json!({"cut": {}}), "messageStop")],
        one(json!({"coalesce": {}}), ""),
        one(json!({"coalesce": {"bytes": 300}}), ""),
        one(json!({"duplicate": {}}), delta),
        one(json!({"reorder": {}}), delta),
        one(json!({"drop_event": {}}), delta),
        one(json!({"drop_event": {"all": true}}), "contentBlockStop"),
        one(json!({"unknown_event": {"payload": {"note": "hi"}}}), delta),
        one(json!({"unknown_event": {}}), "start"),
        one(json!({"union": {"holds": "none"}}), delta),
        one(json!({"union": {"holds": "two"}}), "contentBlockStart"),
        one(json!({"union": {"holds": "unknown"}}), delta),
        one(json!({"stop_reason": {"is": "end_turn"}}), ""),
        one(json!({"stop_reason": {"is": "a_much_longer_reason_than_before"}}), ""),
        one(json!({"no_stop": {}}), ""),
        one(json!({"no_metadata": {}}), ""),
        one(json!({"corrupt": {"part": "prelude"}}), delta),
        one(json!({"corrupt": {"part": "message"}}), delta),
        one(json!({"corrupt": {"part": "header"}}), delta),
        one(json!({"half_frame": {"then": "reset"}}), "messageStop"),
        one(json!({"stall": {}}), delta),
        one(json!({"stall": {}}), "head"),
        one(json!({"cut": {}}), "50%"),
        one(json!({"reset": {}}), "head"),
        one(json!({"goaway": {"code": 11, "covers": false}}), delta),
        one(json!({"rst_stream": {"code": 7}}), "head"),
        one(json!({"rst_stream": {"code": 8}}), delta),
    ]
}

fn strikes(case: &[(Value, &str)]) -> Vec<Strike> {
    let strike = |(written, at): &(Value, &str)| Strike {
        kind: serde_json::from_value(written.clone()).unwrap(),
        at: (!at.is_empty()).then(|| Aim::parse(at).unwrap()),
    };
    case.iter().map(strike).collect()
}

/// A stream of a text and a tool call, a little paced.
fn stream() -> Plan {
    let events = [
        ("messageStart", json!({"role": "assistant"})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "Größe"}})),
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        (
            "contentBlockStart",
            json!({"contentBlockIndex": 1, "start": {"toolUse": {"name": "n", "toolUseId": "t"}}}),
        ),
        ("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{\"a\""}}})),
        ("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"toolUse": {"input": ":1}"}}})),
        ("contentBlockStop", json!({"contentBlockIndex": 1})),
        ("messageStop", json!({"stopReason": "tool_use"})),
        ("metadata", json!({"metrics": {"latencyMs": 1}})),
    ];
    let mut actions = vec![Action::new(Duration::ZERO, Act::Head(Head::new(200, EVENT_STREAM)))];
    for ((name, payload), ms) in events.into_iter().zip([0, 0, 3, 3, 3, 6, 6, 6, 9]) {
        let framed = FramedEvent { event: Event::from_payload(name, payload), padding: Some(9) };
        let bytes = framed.encode().unwrap();
        actions.push(Action::data(Duration::from_millis(ms), label(&framed.event), bytes));
    }
    actions.push(Action::new(Duration::from_millis(9), Act::End(Ending::Complete)));
    Plan::new(actions).unwrap()
}

/// A unary answer.
fn unary() -> Plan {
    let body = r#"{"metrics":{"latencyMs":1},"output":{"message":{"content":[]}},"stopReason":"tool_use"}"#;
    let label = Label { event: "body".into(), index: None, gist: "".into() };
    Plan::new(vec![
        Action::new(Duration::ZERO, Act::Head(Head::new(200, "application/json"))),
        Action::data(Duration::ZERO, label, body.into()),
        Action::new(Duration::ZERO, Act::End(Ending::Complete)),
    ])
    .unwrap()
}

/// Where writes must end, and where they may: bytes from the start of the body.
fn ends(plan: &Plan) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let data: Vec<&Action> = plan.actions().iter().filter(|action| action.label().is_some()).collect();
    let apart = |action: &Action| matches!(action.act, Act::Data { apart: true, .. });
    let (mut must, mut may, mut sum) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (at, action) in data.iter().enumerate() {
        sum += action.bytes().len();
        let next = data.get(at + 1);
        if apart(action) || next.is_none_or(|next| apart(next)) {
            must.insert(sum);
        }
        if must.contains(&sum) || next.is_some_and(|next| next.at > action.at) {
            may.insert(sum);
        }
    }
    (must, may)
}

/// The writes, as sizes, are those of the plan.
fn check_writes(plan: &Plan, sizes: impl Iterator<Item = usize>, what: &str) {
    let mut sum = 0;
    let seen: BTreeSet<usize> = sizes
        .filter(|size| *size > 0)
        .map(|size| {
            sum += size;
            sum
        })
        .collect();
    let (must, may) = ends(plan);
    assert!(must.is_subset(&seen), "{what}: writes end at {seen:?}, these must be there: {must:?}");
    assert!(seen.is_subset(&may), "{what}: writes end at {seen:?}, only these may: {may:?}");
}

async fn check_http1(plan: &Plan, path: &str, what: &str) {
    // Whether an ending of HTTP/2 becomes a cut is tested beside the endings.
    let plan = &plan.over_http1().unwrap_or_else(|| plan.clone());
    let responder = Fixed::one(plan.clone());
    let server = start(responder.clone()).await;
    if plan.head().is_none() && plan.ending() == Ending::Stall {
        return soon(what, nothing(&server, &responder, &h1::request(path, "", "{}").into_bytes())).await;
    }
    let (answer, arrivals) = soon(what, over_http1(&server, path, plan)).await;
    let end = match plan.ending() {
        Ending::Complete => h1::End::Whole,
        Ending::Reset => h1::End::Rst,
        _ => h1::End::Fin,
    };
    assert_eq!((answer.end, answer.partial), (end, 0), "{what}");
    assert_eq!(answer.body(), plan.body(), "{what}");
    check_times(plan, &arrivals, what);
    let Some(head) = plan.head() else { return assert_eq!(answer.head, "", "{what}") };
    assert_eq!(answer.status(), head.status.to_string(), "{what}");
    for (name, value) in &head.headers {
        assert_eq!(answer.header(name), Some(value.as_str()), "{what}");
    }
    match stated_length(plan) {
        Some(length) => assert_eq!(answer.header("content-length"), Some(&*length.to_string()), "{what}"),
        None => check_writes(plan, answer.chunks.iter().map(Vec::len), what),
    }
}

/// The content-length of an answer: whole unary answers have one.
fn stated_length(plan: &Plan) -> Option<usize> {
    (plan.ending() == Ending::Complete && !plan.streams()).then(|| plan.body_len())
}

/// How much of the body had arrived, and how long after the request.
type Arrivals = Vec<(usize, Duration)>;

/// An answer, read as it comes until it is over or, before a planned silence, all there. Then the connection is still
/// open and the server has not ended the exchange.
async fn over_http1(server: &MockBedrock, path: &str, plan: &Plan) -> (h1::Answer, Arrivals) {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let started = Instant::now();
    stream.write_all(h1::request(path, "", "{}").as_bytes()).await.unwrap();
    let (mut raw, mut arrivals) = (Vec::new(), Vec::new());
    loop {
        let read = stream.read_buf(&mut raw).await.map_err(|error| error.kind());
        let mut answer = h1::receive(&mut raw.as_slice()).await;
        arrivals.push((answer.body().len(), started.elapsed()));
        let all = answer.body().len() == plan.body_len();
        match read {
            Err(ErrorKind::ConnectionReset) => answer.end = h1::End::Rst,
            Err(other) => unreachable!("{other}"),
            Ok(0) => {}
            Ok(_) if answer.end == h1::End::Whole => {}
            Ok(_) if all && plan.ending() == Ending::Stall => still_open(server, &stream),
            Ok(_) => continue,
        }
        return (answer, arrivals);
    }
}

/// The request is understood, and not a byte of an answer comes.
async fn nothing(server: &MockBedrock, responder: &Fixed, request: &[u8]) {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(request).await.unwrap();
    responder.asked.notified().await;
    still_open(server, &stream);
}

fn still_open(server: &MockBedrock, stream: &TcpStream) {
    let silent = stream.try_read(&mut [0; 8]).map_err(|error| error.kind());
    assert_eq!((silent, server.exchanges().len()), (Err(ErrorKind::WouldBlock), 0));
}

async fn check_http2(plan: &Plan, path: &str, what: &str) {
    let server = start(Fixed::one(plan.clone())).await;
    let (frames, end) = soon(what, over_http2(server.addr(), path, plan)).await;
    let data: Vec<&h2raw::Frame> =
        frames.iter().map(|(frame, _)| frame).filter(|frame| frame.kind == h2raw::DATA).collect();
    let body: Vec<u8> = data.iter().flat_map(|frame| frame.payload.clone()).collect();
    assert_eq!(body, plan.body(), "{what}");
    check_writes(plan, data.iter().map(|frame| frame.payload.len()), what);
    let mut sum = 0;
    let arrivals = frames.iter().filter(|(frame, _)| frame.kind == h2raw::DATA).map(|(frame, time)| {
        sum += frame.payload.len();
        (sum, *time)
    });
    check_times(plan, &arrivals.collect(), what);
    let ended = frames.iter().any(|(frame, _)| frame.stream == 1 && is_last(frame));
    assert_eq!(ended, plan.ending() == Ending::Complete, "{what}");
    let last = frames.last().map(|(frame, _)| (frame.kind, frame.payload.clone()));
    match plan.ending() {
        Ending::Complete | Ending::Stall => assert_eq!(end, None, "{what}"),
        Ending::Cut => assert_eq!(end, Some(h2raw::End::Fin), "{what}"),
        Ending::Reset => assert_eq!(end, Some(h2raw::End::Rst), "{what}"),
        Ending::RstStream { code } => {
            let reset = (h2raw::RST_STREAM, code.to_be_bytes().to_vec());
            assert_eq!((last, end), (Some(reset), None), "{what}");
        }
        Ending::Goaway { code, covers } => {
            let payload = [u32::from(covers).to_be_bytes(), code.to_be_bytes()].concat();
            assert_eq!((last, end), (Some((h2raw::GOAWAY, payload)), Some(h2raw::End::Fin)), "{what}");
        }
    }
}

fn is_last(frame: &h2raw::Frame) -> bool {
    frame.flags & h2raw::END_STREAM != 0 && matches!(frame.kind, h2raw::DATA | h2raw::HEADERS)
}

/// Frames of a stream, each with the time since the request, until it is over or nothing more is to come.
async fn over_http2(
    address: SocketAddr,
    path: &str,
    plan: &Plan,
) -> (Vec<(h2raw::Frame, Duration)>, Option<h2raw::End>) {
    let mut client = h2raw::Client::connect(address, 1 << 20).await;
    let started = Instant::now();
    client.send(&h2raw::post(1, path)).await;
    let (mut frames, mut got) = (Vec::new(), 0);
    let quiet = plan.ending() == Ending::Stall;
    loop {
        if quiet && got == plan.body_len() && frames.is_empty() == plan.head().is_none() {
            return (frames, None);
        }
        let frame = match client.next().await {
            Ok(frame) if frame.stream == 0 && frame.kind != h2raw::GOAWAY => continue,
            Ok(frame) => frame,
            Err(end) => return (frames, Some(end)),
        };
        let over = frame.kind == h2raw::RST_STREAM || is_last(&frame);
        got += if frame.kind == h2raw::DATA { frame.payload.len() } else { 0 };
        frames.push((frame, started.elapsed()));
        if over {
            return (frames, None);
        }
    }
}

/// No byte arrives before the plan sends it.
fn check_times(plan: &Plan, arrivals: &Arrivals, what: &str) {
    let mut sent = 0;
    for action in plan.actions().iter().filter(|action| !action.bytes().is_empty()) {
        let (_, early) =
            arrivals.iter().find(|(arrived, _)| *arrived > sent).expect("the whole body arrived");
        assert!(*early >= action.at, "{what}: {action:?} came at {early:?}");
        sent += action.bytes().len();
    }
}

/// Status and headers over HTTP/2, read by a client that knows HPACK.
async fn check_head(plan: &Plan, path: &str, what: &str) {
    let Some(head) = plan.head() else { return };
    let server = start(Fixed::one(plan.clone())).await;
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let (client, connection) = h2::client::handshake(tcp).await.unwrap();
    let driving = tokio::spawn(connection);
    let request = http::Request::post(format!("http://x{path}")).body(()).unwrap();
    let (response, mut body) = client.ready().await.unwrap().send_request(request, false).unwrap();
    body.send_data("{}".into(), true).unwrap();
    // A reset right behind the head may take it away on the client's side.
    if let Ok(response) = soon(what, response).await {
        assert_eq!(response.status().as_u16(), head.status, "{what}");
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        for (name, value) in &head.headers {
            assert_eq!(header(name).as_ref(), Some(value), "{what}");
        }
        assert_eq!(header("content-length"), stated_length(plan).map(|length| length.to_string()), "{what}");
    } else {
        assert!(!matches!(plan.ending(), Ending::Complete | Ending::Stall), "{what}");
    }
    driving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_is_what_the_plan_says() {
    for case in cases() {
        for (plan, path) in [(stream(), "/model/m/converse-stream"), (unary(), "/model/m/converse")] {
            let struck = apply(&plan, &strikes(&case)).unwrap();
            let what = format!("{case:?} at {path}\n{}", struck.to_text());
            check_http1(&struck, path, &format!("HTTP/1.1: {what}")).await;
            check_http2(&struck, path, &format!("HTTP/2: {what}")).await;
            check_head(&struck, path, &format!("head: {what}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rst_stream_has_any_code_anywhere() {
    let path = "/model/m/converse-stream";
    for code in (0..=14).chain([0x1234, u32::MAX]) {
        for at in ["head", "start", "contentBlockDelta 0", "end"] {
            let case = [(json!({"rst_stream": {"code": code}}), at)];
            let struck = apply(&stream(), &strikes(&case)).unwrap();
            assert_eq!(struck.head().is_none(), at == "head");
            check_http2(&struck, path, &format!("code {code} at {at}")).await;
        }
    }
}

#[test]
fn the_cases_are_not_idle() {
    for case in cases() {
        let struck = apply(&stream(), &strikes(&case)).unwrap();
        assert_ne!(struck, stream(), "{case:?}");
    }
}
