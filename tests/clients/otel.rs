//! The OpenTelemetry SDK for Python judges the collector: traces, metrics and logs, by gRPC and HTTP, with gzip and without.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::toolchain::Otel;
use faultline_collector::store::{Connection, Keep, Place, to_read};
use faultline_collector::{Clock, Collector, Limits, Options, query};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

const BOTH: [&str; 2] = ["gzip", "none"];

fn options(place: Place) -> Options {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // The senders' clock is the machine's; this one only says when they came.
    let clock = Clock::new(|| 1_767_225_600_000_000_000);
    Options { grpc: free, http: free, place, keep: Keep::default(), limits: Limits::default(), clock }
}

/// What the sender says that it has sent.
fn sent(otel: &Otel, protocol: &str, address: SocketAddr, packing: &str) -> Value {
    let mut driver = otel.driver();
    driver.args([protocol, &format!("http://{address}"), packing]);
    driver.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").env("NO_PROXY", "*").env("no_proxy", "*");
    let output = driver.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn judged(protocol: &str) {
    let Ok(otel) = Otel::ready() else { return };
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("otel-{protocol}.db"));
    let _ = std::fs::remove_file(&path);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let collector = runtime.block_on(Collector::start(options(Place::File(path.clone())))).unwrap();
    let address = if protocol == "grpc" { collector.grpc() } else { collector.http() };
    let told = BOTH.map(|packing| sent(&otel, protocol, address, packing));
    let counts = runtime.block_on(collector.stop());
    assert_eq!((counts.spans, counts.points, counts.logs), (2400, 10, 80), "{counts:?}");
    assert_eq!(
        (counts.rejected, counts.malformed, counts.refused, counts.failed),
        (0, 0, 0, 0),
        "{counts:?}"
    );
    let store = to_read(&path).unwrap();
    for (packing, told) in BOTH.iter().zip(told) {
        the_run_is_there(&store, &format!("python-{protocol}-{packing}"), &told);
    }
}

fn the_run_is_there(store: &Connection, service: &str, told: &Value) {
    let trace = query::trace(store, told["trace"].as_str().unwrap()).unwrap().unwrap();
    assert_eq!((trace.root.as_deref(), trace.service.as_deref()), (Some("invoke_agent"), Some(service)));
    assert_eq!((trace.spans, trace.errors), (told["spans"].as_u64().unwrap(), 1));
    assert_eq!((trace.error.as_deref(), trace.conversation.as_deref()), (Some("it broke"), Some("c-7")));
    let spans = query::spans(store, trace.number).unwrap();
    let chat = spans.into_iter().find(|stored| stored.span.name == "chat").unwrap();
    let root = chat.span.parent_span_id.clone();
    let sent = query::traces_as_sent(store, vec![chat]).unwrap();
    let sent: Value = serde_json::from_str(&faultline_collector::json::text(&sent)).unwrap();
    let scope = &sent["resourceSpans"][0]["scopeSpans"][0];
    assert_eq!(
        scope["scope"],
        json!({"name": "sender", "version": "1.2.3",
            "attributes": [{"key": "scope.kind", "value": {"stringValue": "test"}}]})
    );
    let span = &scope["spans"][0];
    assert_eq!(span["spanId"], told["chat"]);
    assert_eq!(span["kind"], 3);
    assert_eq!(span["status"], json!({"message": "it broke", "code": 2}));
    assert_eq!(
        span["attributes"],
        json!([
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "text", "value": {"stringValue": "Grüße 🎉"}},
            {"key": "flag", "value": {"boolValue": true}},
            {"key": "number", "value": {"intValue": "4611686018427387904"}},
            {"key": "ratio", "value": {"doubleValue": 0.1}},
            {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}},
            {"key": "bytes", "value": {"bytesValue": "AP8="}},
        ])
    );
    assert_eq!(span["events"][0]["name"], "faultline.first_text");
    assert_eq!(span["links"][0]["spanId"], faultline_collector::hex::write(&root));
    metrics_are_there(store, service);
    let ask = "SELECT count(*), count(DISTINCT logs.attributes ->> '$.number'), min(body) FROM logs
        JOIN resources ON resources.id = logs.resource WHERE service = ? AND severity = 13";
    let logs: (i64, i64, String) =
        store.query_row(ask, [service], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let records = told["records"].as_i64().unwrap();
    assert_eq!(logs, (records, records, "\"line 0\"".to_owned()));
}

fn metrics_are_there(store: &Connection, service: &str) {
    let metrics = query::metrics(store).unwrap();
    let metrics: Value = serde_json::from_str(&faultline_collector::json::text(&metrics)).unwrap();
    let its = metrics["resourceMetrics"].as_array().unwrap().iter().find(|told| {
        let attributes = told["resource"]["attributes"].as_array().unwrap();
        attributes.iter().any(|attribute| attribute["value"]["stringValue"] == service)
    });
    let list = its.unwrap()["scopeMetrics"][0]["metrics"].as_array().unwrap();
    let find = |name: &str| list.iter().find(|metric| metric["name"] == name).unwrap();
    let requests = &find("requests")["sum"];
    assert_eq!((&requests["isMonotonic"], &requests["aggregationTemporality"]), (&json!(true), &json!(2)));
    assert_eq!(requests["dataPoints"][0]["asInt"], "3");
    assert_eq!(find("open")["sum"]["dataPoints"][0]["asInt"], "-2");
    assert_eq!(find("level")["gauge"]["dataPoints"][0]["asDouble"], 0.25);
    let plain = &find("plain")["histogram"]["dataPoints"][0];
    assert_eq!((&plain["count"], &plain["sum"], &plain["max"]), (&json!("3"), &json!(703.0), &json!(700.0)));
    let bounds = plain["explicitBounds"].as_array().unwrap().len();
    assert_eq!(plain["bucketCounts"].as_array().unwrap().len(), bounds + 1);
    let fine = &find("fine")["exponentialHistogram"]["dataPoints"][0];
    let buckets = fine["positive"]["bucketCounts"].as_array().unwrap().iter();
    let inside: u64 = buckets.map(|count| count.as_str().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!((&fine["count"], inside), (&json!("3"), 3));
}

#[test]
fn the_python_sdk_tells_all_signals_by_grpc() {
    judged("grpc");
}

#[test]
fn the_python_sdk_tells_all_signals_by_http() {
    judged("http");
}
