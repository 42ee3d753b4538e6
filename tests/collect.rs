//! `faultline collect`, and what is made of what it keeps, as their users see them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
#[expect(dead_code, reason = "nothing is served here")]
mod command;
#[path = "../collector/tests/common/runs.rs"]
mod runs;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "no model is asked here")]
mod served;

#[path = "clients/toolchain.rs"]
#[expect(dead_code, reason = "a browser is driven here, no SDK")]
mod toolchain;

use command::{code, faultline, run, temporary, text};
use faultline_collector::store::to_read;
use serde_json::{Value, json};
use served::{Served, post};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A file of this test's own, where nothing is.
fn store(name: &str) -> PathBuf {
    let path = temporary(name);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    path
}

fn collect(path: &std::path::Path, more: &[&str]) -> Served {
    let mut command = faultline(&["collect", "--json", "--store", path.to_str().unwrap()]);
    Served::start(command.args(more))
}

fn body(spans: &Value) -> String {
    let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "test"}}]});
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}).to_string()
}

fn send(address: &str, spans: &Value) -> bool {
    let answer = post(address, "/v1/traces", "content-type: application/json\r\n", &body(spans));
    answer.is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// A run: an agent, a stream, and a tool that fails. `run` tells runs apart.
fn agent_run(run: u64) -> Value {
    let ms = |ms: u64| (1_767_225_600_000_000_000 + run * 10_000_000_000 + ms * 1_000_000).to_string();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let double = |key: &str, value: f64| json!({"key": key, "value": {"doubleValue": value}});
    let frames: Vec<Value> = [0.2, 0.4, 0.6, 0.8].iter().map(|at| json!({"doubleValue": at})).collect();
    let trace = format!("{:032x}", run + 0xabc0);
    json!([
        {"traceId": trace, "spanId": "01".repeat(8), "name": "invoke_agent", "startTimeUnixNano": ms(0),
            "endTimeUnixNano": ms(1500), "attributes": [text("gen_ai.conversation.id", "talk")]},
        {"traceId": trace, "spanId": "02".repeat(8), "parentSpanId": "01".repeat(8), "name": "chat nova", "kind": 3,
            "startTimeUnixNano": ms(0), "endTimeUnixNano": ms(1000 + run), "attributes": [
                text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "nova"),
                {"key": "faultline.stream.frames", "value": {"arrayValue": {"values": frames}}},
                double("faultline.stream.first_text", 0.4),
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "10"}},
                {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "3"}}]},
        {"traceId": trace, "spanId": "03".repeat(8), "parentSpanId": "01".repeat(8), "name": "execute_tool orders",
            "startTimeUnixNano": ms(1100), "endTimeUnixNano": ms(1400), "status": {"code": 2, "message": "no such order"},
            "attributes": [text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", "orders")]},
    ])
}

/// A store with forty runs.
fn filled(name: &str) -> String {
    let path = store(name);
    let collector = collect(&path, &[]);
    for number in 0..40 {
        assert!(send(&collector.address(), &agent_run(number)));
    }
    assert_eq!(code(&collector.stop()), 0);
    path.display().to_string()
}

#[test]
fn where_senders_are_pointed_is_printed() {
    let path = store("said.db");
    let mut child = faultline(&["collect", "--store", path.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let said: Vec<String> = lines.by_ref().take(6).map(Result::unwrap).collect();
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success());
    assert!(said[0].starts_with("faultline collects OpenTelemetry, gRPC at http://127.0.0.1:"), "{said:#?}");
    assert!(said[2].starts_with("  the page: http://127.0.0.1:"), "{said:#?}");
    assert!(said[4].starts_with("  export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:"), "{said:#?}");
    assert!(said[4].ends_with(" OTEL_EXPORTER_OTLP_PROTOCOL=grpc"), "{said:#?}");
    assert!(said[5].ends_with(" OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"), "{said:#?}");
    assert_eq!(rest, ["0 spans, 0 metric points and 0 log records in 0 requests"]);
}

#[test]
fn traces_are_listed_shown_and_exported() {
    let path = filled("traces.db");
    let list = run(&["traces", "list", &path, "--limit", "2", "--failed", "--service", "test"]);
    let head = "trace                             root                           service               time  spans errors  conversation";
    let row = |id: &str| {
        format!("{id:0>32}  invoke_agent                   test                1.50 s      3      1  talk")
    };
    assert_eq!(text(&list.stdout), format!("{head}\n{}\n{}\n", row("abe7"), row("abe6")));
    let listed: Value =
        serde_json::from_slice(&run(&["traces", "list", &path, "--output", "json"]).stdout).unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &listed[39]["errors"]), (40, &json!(1)));
    let shown = run(&["traces", "show", &path, &format!("{:0>32}", "abc0")]);
    insta::assert_snapshot!(text(&shown.stdout));
    let none = run(&["traces", "show", &path, "0"]);
    assert_eq!(code(&none), 2);
    assert!(text(&none.stderr).contains("no trace, or more than one, has an id that begins with `0`"));
    let chrome = run(&["traces", "export", &path, &format!("{:0>32}", "abc0"), "--format", "chrome"]);
    let chrome: Value = serde_json::from_slice(&chrome.stdout).unwrap();
    assert_eq!(chrome["traceEvents"].as_array().unwrap().len(), 4);
}

#[test]
fn an_export_fills_another_store_alike() {
    let path = filled("export.db");
    let exported = run(&["traces", "export", &path]);
    let again = store("import.db");
    let collector = collect(&again, &[]);
    let answer = post(
        &collector.address(),
        "/v1/traces",
        "content-type: application/json\r\n",
        &text(&exported.stdout),
    );
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
    collector.stop();
    let again = run(&["traces", "export", again.to_str().unwrap()]);
    assert_eq!(text(&again.stdout), text(&exported.stdout));
}

#[test]
fn latency_says_how_many_samples_and_how_sure() {
    let path = filled("latency.db");
    insta::assert_snapshot!(text(&run(&["latency", &path]).stdout));
    let said: Value = serde_json::from_slice(&run(&["latency", &path, "--output", "json"]).stdout).unwrap();
    let total = said["rows"].as_array().unwrap().iter().find(|row| row["name"] == "stream: total").unwrap();
    assert_eq!((&total["n"], &total["percentiles"][0]["value"]), (&json!(40), &json!(1.019)));
    assert_eq!(total["percentiles"][2]["high"], Value::Null, "40 samples say nothing above their 99th");
    assert_eq!(said["tokens"]["nova"]["input"], 400);
    let none = run(&["latency", &path, "--model", "other"]);
    assert!(text(&none.stdout).starts_with("0 model calls"), "{}", text(&none.stdout));
}

#[test]
fn a_report_of_two_thousand_requests_is_one_small_file_without_script() {
    let path = store("report.db");
    let collector = collect(&path, &[]);
    for batch in runs::batches(8000) {
        let json = "content-type: application/json\r\n";
        assert!(post(&collector.address(), "/v1/traces", json, &text(&batch)).is_some());
    }
    collector.stop();
    let (path, to) = (path.to_str().unwrap(), temporary("report.html"));
    let output = run(&["traces", "report", path, "-o", to.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let html = std::fs::read_to_string(&to).unwrap();
    assert!(html.len() < 300_000, "{} bytes", html.len());
    for absent in ["<script", "http://", "https://", "url("] {
        assert!(!html.contains(absent), "{absent}");
    }
    // What the command line says stands in it.
    let said: Value = serde_json::from_slice(&run(&["latency", path, "--output", "json"]).stdout).unwrap();
    assert_eq!(said["calls"], 2000);
    let said = [
        "<b>2,000 model calls</b>, none failed".to_owned(),
        "<td class=\"n\">2,000</td>".to_owned(),
        format!("<dt>Requests sent again</dt><dd>{}</dd>", said["retries"]),
        "stream: first text".to_owned(),
        "The slowest trace".to_owned(),
        "The slowest trace with errors".to_owned(),
        "60 frames".to_owned(),
        "ThrottlingException: too many".to_owned(),
    ];
    for part in &said {
        assert!(html.contains(part.as_str()), "{part}");
    }
    let none = run(&["traces", "report", "no/such.db", "-o", to.to_str().unwrap()]);
    assert_eq!((code(&none), std::fs::read_to_string(&to).unwrap()), (2, html), "an older report stays");
}

#[test]
fn a_store_that_is_none_is_said_in_one_line() {
    let output = run(&["latency", "no/such/file.db"]);
    assert_eq!(
        (code(&output), text(&output.stderr).as_str()),
        (2, "faultline: no/such/file.db: there is no such file\n")
    );
    assert_eq!(code(&run(&["traces", "list", "README.md"])), 4);
    for arguments in
        [&["collect", "--keep", "7"][..], &["collect", "--most", "0GB"], &["collect", "--grpc", "70000"]]
    {
        assert_eq!(code(&run(arguments)), 2, "{arguments:?}");
    }
}

#[test]
fn a_collector_that_is_killed_has_everything_that_it_acknowledged() {
    for round in 0..3_u64 {
        let path = store(&format!("killed-{round}.db"));
        let collector = collect(&path, &[]);
        let (address, acknowledged) = (collector.address(), Arc::new(Mutex::new(Vec::new())));
        let count = Arc::new(AtomicU64::new(0));
        let senders: Vec<_> = (0..4_u64)
            .map(|sender| {
                let (address, acknowledged, count) = (address.clone(), acknowledged.clone(), count.clone());
                std::thread::spawn(move || {
                    for number in (sender * 100_000..).take(100_000) {
                        let spans: Vec<Value> = (1..=20_u64)
                            .map(|id| json!({"traceId": format!("{:032x}", number + 1), "spanId": format!("{id:016x}")}))
                            .collect();
                        if !send(&address, &json!(spans)) {
                            return;
                        }
                        acknowledged.lock().unwrap().push(number + 1);
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        // In the middle of their work, at another moment each round.
        while count.load(Ordering::SeqCst) < 50 + round * 70 {
            assert!(!senders.iter().all(std::thread::JoinHandle::is_finished), "nobody is answered");
            std::thread::yield_now();
        }
        collector.kill();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        let reader = to_read(&path).unwrap();
        let sound: String = reader.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        let mut ask = reader
            .prepare("SELECT count(*) FROM spans JOIN traces ON traces.id = trace WHERE trace_id = ?")
            .unwrap();
        let acknowledged = acknowledged.lock().unwrap();
        assert!(acknowledged.len() >= 50);
        for number in acknowledged.iter() {
            let id = u128::from(*number).to_be_bytes();
            let spans: i64 = ask.query_row([id], |row| row.get(0)).unwrap();
            assert_eq!(spans, 20, "trace {number} was acknowledged");
        }
        drop(ask);
        drop(reader);
        // And it is a store like any other.
        assert_eq!(code(&collect(&path, &[]).stop()), 0);
    }
}
