//! What `/metrics` answers, from OTLP as it is sent.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Bench, NOW};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::Ordering;

/// The answer's head and body.
fn get(bench: &Bench, headers: &str) -> (String, String) {
    let mut socket = TcpStream::connect(bench.collector().http()).unwrap();
    let head = format!("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The lines of it that are about `name`.
fn lines(bench: &Bench, name: &str) -> Vec<String> {
    let (_, body) = get(bench, "");
    body.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

fn attributes(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}

fn tell(bench: &Bench, resource: &[(&str, &str)], metrics: &Value) {
    let told = json!({"resourceMetrics": [{"resource": {"attributes": attributes(resource)},
        "scopeMetrics": [{"scope": {"name": "s", "version": "1"}, "metrics": metrics}]}]});
    let answer = bench.post_json("/v1/metrics", &told.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A counter of a process that began at `start`.
fn counter(start: u64, at: u64, value: u64, temporality: u8) -> Value {
    let point = json!({"startTimeUnixNano": start.to_string(), "timeUnixNano": at.to_string(),
        "asInt": value.to_string(), "attributes": attributes(&[("gen_ai.request.model", "nova \"x\"")])});
    json!([{"name": "faultline.retries", "description": "Sent \\ again",
        "sum": {"aggregationTemporality": temporality, "isMonotonic": true, "dataPoints": [point]}}])
}

fn histogram(counts: [u64; 3], sum: f64) -> Value {
    let count: u64 = counts.iter().sum();
    let point = json!({"startTimeUnixNano": "5", "timeUnixNano": count.to_string(), "count": count.to_string(),
        "sum": sum, "bucketCounts": counts.map(|count| count.to_string()), "explicitBounds": [0.5, 2.0]});
    json!([{"name": "a.duration", "unit": "s",
        "histogram": {"aggregationTemporality": 2, "dataPoints": [point]}}])
}

const SERVICE: [(&str, &str); 4] = [
    ("service.name", "agent"),
    ("service.namespace", "shop"),
    ("service.instance.id", "one"),
    ("host.name", "h"),
];

/// Everything that the form can hold.
fn filled() -> Bench {
    let bench = Bench::new();
    tell(&bench, &SERVICE, &counter(5, 6, 3, 2));
    tell(&bench, &SERVICE, &histogram([1, 2, 1], 7.5));
    let number = json!({"timeUnixNano": "9", "asDouble": 0.25});
    let quantile = json!({"timeUnixNano": "9", "count": "4", "sum": 10.0,
        "quantileValues": [{"quantile": 0.5, "value": 2.0}]});
    let fine = json!({"timeUnixNano": "9", "count": "3", "sum": 6.0, "scale": 0,
        "positive": {"offset": 0, "bucketCounts": ["3"]}});
    let more = json!([
        {"name": "level", "unit": "1", "gauge": {"dataPoints": [number]}},
        {"name": "open", "sum": {"aggregationTemporality": 2, "dataPoints": [{"timeUnixNano": "9", "asInt": "-2"}]}},
        {"name": "old", "unit": "ms", "summary": {"dataPoints": [quantile]}},
        {"name": "fine", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [fine]}},
    ]);
    tell(&bench, &SERVICE, &more);
    bench
}

const LABELS: &str = r#"instance="one",job="shop/agent",otel_scope_name="s",otel_scope_version="1""#;

#[test]
fn every_kind_has_its_name_its_labels_and_its_value() {
    let bench = filled();
    let check = |name: &str, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|line| line.replace("LABELS", LABELS)).collect();
        assert_eq!(lines(&bench, name), expected);
    };
    check("faultline_retries", &[r#"faultline_retries_total{gen_ai_request_model="nova \"x\"",LABELS} 3.0"#]);
    check(
        "a_duration",
        &[
            r#"a_duration_seconds_bucket{LABELS,le="0.5"} 1"#,
            r#"a_duration_seconds_bucket{LABELS,le="2.0"} 3"#,
            r#"a_duration_seconds_bucket{LABELS,le="+Inf"} 4"#,
            "a_duration_seconds_sum{LABELS} 7.5",
            "a_duration_seconds_count{LABELS} 4",
        ],
    );
    check("level", &["level_ratio{LABELS} 0.25"]);
    check("open", &["open{LABELS} -2.0"]);
    check(
        "old",
        &[
            r#"old_milliseconds{LABELS,quantile="0.5"} 2.0"#,
            "old_milliseconds_sum{LABELS} 10.0",
            "old_milliseconds_count{LABELS} 4",
        ],
    );
    check("fine", &["fine_sum{LABELS} 6.0", "fine_count{LABELS} 3"]);
    check("target_info", &[r#"target_info{instance="one",job="shop/agent",host_name="h"} 1.0"#]);
    check("faultline_collector_points", &["faultline_collector_points_total 6.0"]);
}

#[test]
fn processes_that_end_leave_their_totals() {
    let bench = Bench::new();
    let value =
        || lines(&bench, "faultline_retries_total").pop().unwrap().rsplit(' ').next().unwrap().to_owned();
    tell(&bench, &SERVICE, &counter(10, 11, 3, 2));
    assert_eq!(value(), "3.0");
    tell(&bench, &SERVICE, &counter(10, 12, 4, 2));
    tell(&bench, &SERVICE, &counter(20, 21, 1, 2));
    assert_eq!(value(), "5.0", "another process began");
    assert_eq!(value(), "5.0", "asked twice");
}

#[test]
fn differences_are_added_up() {
    let bench = Bench::new();
    for step in 1..=3 {
        tell(&bench, &SERVICE, &counter(step, step + 1, step, 1));
    }
    assert!(lines(&bench, "faultline_retries_total")[0].ends_with(" 6.0"));
}

#[test]
fn a_store_that_has_forgotten_everything_is_read_on() {
    let bench = Bench::new();
    for step in 1..=2 {
        bench.now.fetch_add(1, Ordering::SeqCst);
        tell(&bench, &SERVICE, &counter(step, step + 1, 1, 1));
        assert!(lines(&bench, "faultline_retries_total")[0].ends_with(&format!(" {step}.0")));
        bench.ask(|store| Ok(store.execute("DELETE FROM points", [])?));
    }
}

#[test]
fn more_points_than_are_read_at_once_are_all_there() {
    let bench = Bench::new();
    let points: Vec<Value> =
        (1..=12_000).map(|at| json!({"timeUnixNano": at.to_string(), "asInt": "1"})).collect();
    let sum = json!({"aggregationTemporality": 1, "isMonotonic": true, "dataPoints": points});
    tell(&bench, &SERVICE, &json!([{"name": "many", "sum": sum}]));
    assert!(lines(&bench, "many_total")[0].ends_with(" 12000.0"));
}

#[test]
fn a_gauge_ends_five_minutes_after_its_last_word_and_a_counter_does_not() {
    let bench = filled();
    bench.now.store(NOW + 301_000_000_000, Ordering::SeqCst);
    assert!(lines(&bench, "level").is_empty() && lines(&bench, "target_info").is_empty());
    assert_eq!(lines(&bench, "faultline_retries_total").len(), 1);
}

#[test]
fn pages_of_others_do_not_read_it() {
    let (head, _) = get(&Bench::new(), "origin: http://evil.example\r\n");
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
}

#[test]
fn both_forms_are_answered_to_who_asks_for_them() {
    let bench = filled();
    let (head, text) = get(&bench, "");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(text.contains("# TYPE faultline_retries_total counter\n") && !text.contains("# EOF"));
    assert!(text.contains("# HELP faultline_retries_total Sent \\\\ again\n"));
    let (head, open) =
        get(&bench, "accept: application/openmetrics-text; version=1.0.0,text/plain;q=0.5\r\n");
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(open.contains("# TYPE faultline_retries counter\nfaultline_retries_total{"), "{open}");
    assert!(open.ends_with("\n# EOF\n"), "{open}");
}
