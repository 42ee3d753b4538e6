//! The two ways in, with good, bad and hostile bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Bench, options, packed, soon};
use faultline_collector::Limits;
use faultline_collector::store::Place;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use tonic::Code;
use tonic::codec::CompressionEncoding;

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

/// A request with `count` spans of one trace.
fn spans(trace: u8, count: u64) -> ExportTraceServiceRequest {
    let span = |number: u64| Span {
        trace_id: vec![trace; 16],
        span_id: number.to_be_bytes().to_vec(),
        name: format!("span {number}"),
        start_time_unix_nano: number,
        end_time_unix_nano: number + 1,
        ..Span::default()
    };
    let spans = (1..=count).map(span).collect();
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}

/// What JSON of one span says, with these members in the span's place.
fn one_span(span: &Value) -> String {
    json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).to_string()
}

#[test]
fn http_takes_both_forms_plain_and_packed() {
    let bench = Bench::new();
    let (protobuf, text) = (spans(1, 3).encode_to_vec(), faultline_collector::json::text(&spans(2, 3)));
    let gzip = ("content-encoding", "gzip");
    for (headers, body) in [
        (vec![PROTOBUF], protobuf),
        (vec![("content-type", "Application/JSON; charset=utf-8")], text.into_bytes()),
        (vec![PROTOBUF, gzip], packed(&spans(3, 3).encode_to_vec())),
        (vec![JSON, gzip], packed(&faultline_collector::json::text(&spans(4, 3)).into_bytes())),
    ] {
        let answer = bench.post("/v1/traces", &headers, &body);
        assert_eq!(answer.status, 200, "{headers:?}: {answer:?}");
        let json = headers[0] != PROTOBUF;
        assert_eq!(answer.text(), if json { "{}" } else { "" });
        let kind = if json { "application/json" } else { "application/x-protobuf" };
        assert!(answer.head.contains(&format!("content-type: {kind}")), "{}", answer.head);
    }
    assert_eq!((bench.count("spans"), bench.count("traces")), (12, 4));
}

#[test]
fn what_nobody_can_read_is_refused_with_the_reason_and_counted() {
    let bench = Bench::new();
    let check = |headers: &[(&str, &str)], body: &[u8], status: u16, why: &str| {
        let answer = bench.post("/v1/traces", headers, body);
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.text().contains(why), "{why}: {}", answer.text());
    };
    check(&[PROTOBUF], b"\xff\xff\xff", 400, "this is no protobuf of OTLP");
    check(&[JSON], b"{", 400, "this is no JSON");
    check(&[JSON], b"[]", 400, "$: this is no object");
    check(&[JSON], b"{\"resourceSpans\": 5}", 400, "$.resourceSpans: this is no array");
    let deep = one_span(&json!({"traceId": "xy"}));
    check(&[JSON], deep.as_bytes(), 400, "$.resourceSpans[0].scopeSpans[0].spans[0].traceId: this is no hex");
    check(&[JSON], "[".repeat(100_000).as_bytes(), 400, "this is no JSON");
    check(&[JSON, ("content-encoding", "gzip")], b"{}", 400, "this is no gzip");
    check(&[JSON, ("content-encoding", "br")], b"{}", 415, "not `br`");
    check(&[("content-type", "text/plain")], b"{}", 415, "the content type must be");
    check(&[], b"{}", 415, "the content type must be");
    assert_eq!(bench.post("/v1/other", &[JSON], b"{}").status, 404);
    let counts = bench.stop();
    assert_eq!((counts.malformed, counts.spans), (10, 0));
}

#[test]
fn a_failure_in_protobuf_is_a_status_with_a_message() {
    let answer = Bench::new().post("/v1/logs", &[PROTOBUF], b"\x08");
    assert_eq!(answer.status, 400);
    // google.rpc.Status has its message as field 2, and so has this one.
    let said = ExportTracePartialSuccess::decode(answer.body.as_slice()).unwrap();
    assert!(said.error_message.starts_with("this is no protobuf of OTLP"), "{said:?}");
}

#[test]
fn spans_without_sound_ids_are_refused_and_the_others_kept() {
    let bench = Bench::new();
    let mut request = spans(1, 4);
    let list = &mut request.resource_spans[0].scope_spans[0].spans;
    list[0].trace_id = vec![1; 15];
    list[1].span_id = vec![0; 8];
    list[2].start_time_unix_nano = u64::MAX;
    let answer = bench.post_protobuf("/v1/traces", &request);
    assert_eq!(answer.status, 200);
    let said = ExportTraceServiceResponse::decode(answer.body.as_slice()).unwrap();
    let expected = ExportTracePartialSuccess {
        rejected_spans: 3,
        error_message: "a trace id has 15 bytes instead of 16".to_owned(),
    };
    assert_eq!(said.partial_success, Some(expected));
    let answer = bench.post_json("/v1/traces", &one_span(&json!({"traceId": "00"})));
    assert_eq!(
        serde_json::from_slice::<Value>(&answer.body).unwrap(),
        json!({"partialSuccess": {"rejectedSpans": "1", "errorMessage": "a trace id has 1 bytes instead of 16"}})
    );
    assert_eq!(bench.count("spans"), 1);
    assert_eq!(bench.stop().rejected, 4);
}

#[test]
fn attributes_that_lie_too_deep_are_refused() {
    let bench = Bench::new();
    let deep = |levels: usize| {
        let value =
            (1..levels).fold(json!({"intValue": 1}), |inner, _| json!({"arrayValue": {"values": [inner]}}));
        let attributes = json!([{"key": "deep", "value": value}]);
        one_span(&json!({"traceId": "01".repeat(16), "spanId": "01".repeat(8), "attributes": attributes}))
    };
    assert_eq!(bench.post_json("/v1/traces", &deep(16)).text(), "{}");
    assert!(bench.post_json("/v1/traces", &deep(17)).text().contains("`deep` lies deeper than 16 levels"));
    assert_eq!(bench.count("spans"), 1);
}

#[test]
fn a_body_has_a_bound_packed_or_not() {
    let limits = Limits { body: 10_000, queue: 20_000, ..Limits::default() };
    let bench = Bench::with(faultline_collector::Options { limits, ..options(Place::Memory) });
    let check = |headers: &[(&str, &str)], body: &[u8]| {
        let answer = bench.post("/v1/traces", headers, body);
        assert_eq!(answer.status, 413, "{answer:?}");
    };
    check(&[JSON], &[b' '; 10_001]);
    check(&[JSON, ("content-encoding", "gzip")], &packed(&[b' '; 100_000_000]));
    // Chunked: the length is not known beforehand.
    let mut socket = TcpStream::connect(bench.collector().http()).unwrap();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes()).unwrap();
    for _ in 0..20 {
        let _ = socket.write_all(format!("3e8\r\n{}\r\n", " ".repeat(1000)).as_bytes());
    }
    let mut first = [0; 12];
    socket.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 413");
    assert_eq!(bench.post_json("/v1/traces", "{}").status, 200, "it goes on answering");
}

#[test]
fn a_body_that_breaks_off_is_no_request() {
    let bench = Bench::new();
    let whole = spans(1, 10).encode_to_vec();
    let mut socket = TcpStream::connect(bench.collector().http()).unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        whole.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(&whole[..whole.len() / 2]).unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let _ = socket.read_to_end(&mut Vec::new());
    assert_eq!(bench.post_protobuf("/v1/traces", &spans(2, 1)).status, 200);
    assert_eq!(bench.count("spans"), 1);
}

#[test]
fn who_finds_no_room_is_told_to_come_again() {
    let patience = std::time::Duration::from_millis(50);
    let limits = Limits { body: 10_000, queue: 10_000, patience, ..Limits::default() };
    let bench = Bench::with(faultline_collector::Options { limits, ..options(Place::Memory) });
    // One holds all the room: its body does not come to an end.
    let mut holder = TcpStream::connect(bench.collector().http()).unwrap();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10000\r\n\r\n{";
    holder.write_all(head.as_bytes()).unwrap();
    // Until it has been seen, others may still pass.
    let mut answer = bench.post_json("/v1/traces", "{}");
    assert!(soon(|| {
        answer = bench.post_json("/v1/traces", "{}");
        answer.status == 503
    }));
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    assert!(answer.text().contains("send this again later"), "{}", answer.text());
    let refused = bench.runtime.block_on(async {
        let mut client =
            TraceServiceClient::connect(format!("http://{}", bench.collector().grpc())).await.unwrap();
        client.export(spans(1, 1)).await.unwrap_err()
    });
    assert_eq!(refused.code(), Code::Unavailable);
    drop(holder);
    assert!(soon(|| bench.post_protobuf("/v1/traces", &spans(1, 1)).status == 200));
    assert!(bench.stop().refused >= 2);
}

#[test]
fn grpc_takes_all_signals_plain_and_packed() {
    let bench = Bench::new();
    bench.runtime.block_on(async {
        let url = format!("http://{}", bench.collector().grpc());
        let mut plain = TraceServiceClient::connect(url.clone()).await.unwrap();
        let said = plain.export(spans(1, 5)).await.unwrap().into_inner();
        assert_eq!(said.partial_success, None);
        let packed = TraceServiceClient::connect(url.clone()).await.unwrap();
        let mut packed =
            packed.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
        packed.export(spans(2, 5)).await.unwrap();
        let mut bad = spans(3, 2);
        bad.resource_spans[0].scope_spans[0].spans[1].trace_id = Vec::new();
        let said = packed.export(bad).await.unwrap().into_inner();
        assert_eq!(said.partial_success.unwrap().rejected_spans, 1);
        MetricsServiceClient::connect(url.clone()).await.unwrap().export(metric()).await.unwrap();
        LogsServiceClient::connect(url).await.unwrap().export(log()).await.unwrap();
    });
    assert_eq!((bench.count("spans"), bench.count("points"), bench.count("logs")), (11, 1, 1));
}

fn metric() -> opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest {
    let point = json!({"asInt": "7", "timeUnixNano": "1"});
    let metric = json!({"name": "m", "gauge": {"dataPoints": [point]}});
    let text = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).to_string();
    faultline_collector::json::metrics(text.as_bytes()).unwrap()
}

fn log() -> opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest {
    let record = json!({"body": {"stringValue": "hello"}});
    let text = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).to_string();
    faultline_collector::json::logs(text.as_bytes()).unwrap()
}

/// Sends any bytes as the body of a gRPC request; the `grpc-status` of the answer, wherever it stands.
async fn raw_grpc(to: SocketAddr, headers: &[(&str, &str)], body: Vec<u8>) -> String {
    let socket = tokio::net::TcpStream::connect(to).await.unwrap();
    let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let path = "http://localhost/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let request =
        axum::http::Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let (answer, mut send) = client.send_request(request.body(()).unwrap(), false).unwrap();
    // A server that has refused already need not read it.
    let _ = send.send_data(body.into(), true);
    let answer = answer.await.unwrap();
    let status = answer.headers().get("grpc-status").cloned();
    let mut body = answer.into_body();
    while body.data().await.is_some() {}
    let trailers = body.trailers().await.ok().flatten();
    let status = status.or_else(|| trailers?.get("grpc-status").cloned());
    status.unwrap().to_str().unwrap().to_owned()
}

/// A message in gRPC's frame.
fn framed(packed: bool, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[u8::from(packed)], length.as_slice(), message].concat()
}

#[test]
fn grpc_refuses_a_message_beyond_the_bound_packed_or_not() {
    let limits = Limits { body: 10_000, queue: 20_000, ..Limits::default() };
    let bench = Bench::with(faultline_collector::Options { limits, ..options(Place::Memory) });
    let to = bench.collector().grpc();
    let ask = |headers: &[(&str, &str)], body: Vec<u8>| bench.runtime.block_on(raw_grpc(to, headers, body));
    assert_eq!(ask(&[], framed(false, &spans(1, 1).encode_to_vec())), "0");
    assert_eq!(ask(&[], framed(false, &spans(1, 1000).encode_to_vec())), "11", "out of range");
    let bomb = framed(true, &packed(&[0; 100_000_000]));
    assert!(bomb.len() > 10_000);
    assert_eq!(ask(&[("grpc-encoding", "gzip")], bomb), "11");
    let small_bomb = framed(true, &packed(&[0; 1_000_000]));
    assert!(small_bomb.len() < 10_000);
    assert_ne!(ask(&[("grpc-encoding", "gzip")], small_bomb), "0");
    assert_eq!(bench.count("spans"), 1);
}

#[test]
fn any_bytes_over_grpc_are_answered_and_nothing_panics() {
    let bench = Bench::new();
    let to = bench.collector().grpc();
    let good = spans(1, 3).encode_to_vec();
    let changed = (any::<prop::sample::Index>(), any::<u8>()).prop_map(move |(at, byte)| {
        let mut bytes = good.clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes
    });
    let message = prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), changed];
    let strategy = (message, any::<bool>(), any::<bool>(), any::<bool>());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
    runner
        .run(&strategy, |(message, frame, flag, gzip)| {
            let body = if frame { framed(flag, &message) } else { message };
            let headers: &[(&str, &str)] = if gzip { &[("grpc-encoding", "gzip")] } else { &[] };
            let status = bench.runtime.block_on(raw_grpc(to, headers, body));
            prop_assert!(["0", "3", "11", "12", "13"].contains(&status.as_str()), "{status}");
            Ok(())
        })
        .unwrap();
    assert_eq!(bench.post_protobuf("/v1/traces", &spans(9, 1)).status, 200);
}

#[test]
fn a_span_that_is_sent_again_is_kept_once() {
    let bench = Bench::new();
    for _ in 0..3 {
        assert_eq!(bench.post_protobuf("/v1/traces", &spans(1, 5)).status, 200);
    }
    assert_eq!(bench.count("spans"), 5);
    let told: i64 = bench.ask(|store| Ok(store.query_row("SELECT spans FROM traces", [], |row| row.get(0))?));
    assert_eq!(told, 5, "a trace counts each span once");
    let counts = bench.stop();
    assert_eq!((counts.spans, counts.duplicates), (5, 10));
}

#[test]
fn any_bytes_are_answered_and_nothing_panics() {
    let bench = Bench::new();
    let good = [spans(1, 3).encode_to_vec(), faultline_collector::json::text(&spans(1, 3)).into_bytes()];
    let paths = ["/v1/traces", "/v1/metrics", "/v1/logs"];
    let strategy = (
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            // A good message with a byte changed, or cut.
            (0..2_usize, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(
                move |(which, at, byte, cut)| {
                    let mut bytes = good[which].clone();
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                    if cut {
                        bytes.truncate(at);
                    }
                    bytes
                }
            )
        ],
        0..3_usize,
        any::<bool>(),
        any::<bool>(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(400));
    runner
        .run(&strategy, |(bytes, path, json, gzip)| {
            let mut headers = vec![if json { JSON } else { PROTOBUF }];
            headers.extend(gzip.then_some(("content-encoding", "gzip")));
            let status = bench.post(paths[path], &headers, &bytes).status;
            prop_assert!(status == 200 || status == 400, "{status}");
            Ok(())
        })
        .unwrap();
    assert_eq!(bench.post_protobuf("/v1/traces", &spans(9, 1)).status, 200);
    let counts = bench.stop();
    assert_eq!((counts.failed, counts.refused), (0, 0), "{counts:?}");
}
