//! What is kept, for how long, and what happens when there is no room.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Bench, NOW, options, soon, temporary};
use faultline_collector::store::{Keep, Place, StoreError, to_read};
use faultline_collector::{Collector, Options, StartError, query};
use serde_json::json;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Posts `count` spans, one a trace, each with `bytes` of an attribute; their ids begin at `first`.
fn send(bench: &Bench, first: u64, count: u64, bytes: usize) -> u16 {
    let filling = "x".repeat(bytes);
    let span = |number: u64| {
        json!({
            "traceId": format!("{number:032x}"), "spanId": format!("{number:016x}"), "name": "s",
            "startTimeUnixNano": number.to_string(), "endTimeUnixNano": number.to_string(),
            "attributes": [{"key": "filling", "value": {"stringValue": filling}}],
        })
    };
    let spans: Vec<_> = (first..first + count).map(span).collect();
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string();
    bench.post_json("/v1/traces", &body).status
}

fn send_others(bench: &Bench) {
    let point = json!({"asDouble": 0.5, "timeUnixNano": "1"});
    let metrics = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "m", "sum": {"dataPoints": [point], "aggregationTemporality": 2, "isMonotonic": true}}]}]}]});
    assert_eq!(bench.post_json("/v1/metrics", &metrics.to_string()).status, 200);
    let logs = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]}]});
    assert_eq!(bench.post_json("/v1/logs", &logs.to_string()).status, 200);
}

fn on_disk(name: &str, keep: Keep) -> (Bench, std::path::PathBuf) {
    let path = temporary(name);
    (Bench::with(Options { keep, ..options(Place::File(path.clone())) }), path)
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[test]
fn what_is_too_old_is_forgotten_by_when_it_came() {
    let keep = Keep { age: Some(Duration::from_secs(3600)), bytes: None };
    let bench = Bench::with(Options { keep, ..options(Place::Memory) });
    send(&bench, 1, 200, 10);
    send_others(&bench);
    bench.now.store(NOW + 3_599_000_000_000, Ordering::SeqCst);
    send(&bench, 1000, 3, 10);
    // A trace is as young as its last span.
    let late = json!({"resourceSpans": [{"scopeSpans": [{"spans": [
        {"traceId": format!("{:032x}", 7), "spanId": "ff".repeat(8)}]}]}]});
    assert_eq!(bench.post_json("/v1/traces", &late.to_string()).status, 200);
    assert_eq!((bench.count("spans"), bench.count("points"), bench.count("logs")), (204, 1, 1));
    bench.now.store(NOW + 3_601_000_000_000, Ordering::SeqCst);
    // Each question gives the store an occasion to forget a little.
    assert!(soon(|| bench.count("spans") == 5));
    assert!(soon(|| bench.count("points") + bench.count("logs") == 0));
    assert_eq!(bench.count("traces"), 4);
    assert_eq!(bench.stop().forgotten, 199 * 2 + 2, "199 traces, each of one span, a point and a record");
}

#[test]
fn a_store_stays_below_its_size_and_the_newest_stay() {
    let keep = Keep { age: None, bytes: Some(2_000_000) };
    let (bench, path) = on_disk("size.db", keep);
    send_others(&bench);
    for batch in 0..40_u64 {
        // Another second: it is time to look for what is to be forgotten.
        bench.now.fetch_add(1_000_000_000, Ordering::SeqCst);
        assert!(soon(|| send(&bench, batch * 100 + 1, 100, 2000) == 200));
    }
    // 8 MB came; until nothing is left to forget.
    bench.now.fetch_add(1_000_000_000, Ordering::SeqCst);
    assert!(soon(|| {
        let used =
            "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count,
            pragma_page_size";
        bench.ask(move |store| Ok(store.query_row(used, [], |row| row.get::<_, i64>(0))?)) <= 2_000_000
    }));
    let kept: Vec<query::Trace> =
        bench.ask(|store| query::traces(store, &query::Wanted { limit: 9999, ..Default::default() }));
    assert!(kept.len() > 100, "{}", kept.len());
    let ids: Vec<u64> = kept.iter().map(|trace| u64::from_str_radix(&trace.trace_id, 16).unwrap()).collect();
    let expected: Vec<u64> = (1..=4000).rev().take(ids.len()).collect();
    assert_eq!(ids, expected, "the newest, without a gap");
    assert_eq!(bench.count("points") + bench.count("logs"), 0, "the oldest of all went first");
    bench.stop();
    assert!(length(&path) <= 2_500_000, "{}", length(&path));
}

#[test]
fn a_full_disk_is_said_and_the_collector_goes_on() {
    let keep = Keep { age: None, bytes: Some(1_000_000) };
    let (bench, path) = on_disk("full.db", keep);
    assert_eq!(send(&bench, 1, 10, 10), 200);
    // More at once than the store may ever have.
    assert_eq!(send(&bench, 100, 1000, 3000), 503);
    assert_eq!(bench.count("spans"), 10, "all of a batch or nothing");
    assert_eq!(send(&bench, 50, 10, 10), 200);
    assert_eq!(bench.count("spans"), 20);
    assert_eq!(bench.stop().failed, 1);
    assert!(length(&path) <= 1_250_000 + 8192, "{}", length(&path));
}

#[test]
fn a_store_outlives_its_collector_and_a_reader_needs_none() {
    let (bench, path) = on_disk("again.db", Keep::default());
    send(&bench, 1, 5, 10);
    bench.stop();
    let bench = Bench::with(options(Place::File(path.clone())));
    send(&bench, 6, 5, 10);
    // Beside the one who writes.
    let reader = to_read(&path).unwrap();
    assert_eq!(query::spans_since(&reader, 0, 100).unwrap().len(), 10);
    assert!(reader.execute("DELETE FROM spans", []).is_err(), "a reader changes nothing");
    drop(reader);
    bench.stop();
    assert!(!Path::new(&format!("{}-wal", path.display())).exists(), "one file is left");
}

#[test]
fn a_store_is_written_by_one_collector_and_nobody_elses_file_is_touched() {
    let (bench, path) = on_disk("taken.db", Keep::default());
    let start = |path: &Path| {
        let options = options(Place::File(path.to_owned()));
        bench.runtime.block_on(Collector::start(options)).map(|_| ()).unwrap_err()
    };
    assert!(matches!(start(&path), StartError::Store(StoreError::Taken { .. })));
    let foreign = temporary("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(start(&foreign), StartError::Store(StoreError::Foreign { found: 0, .. })));
    let text = temporary("text.db");
    std::fs::write(&text, "This is a text, and has been one for a long time. ".repeat(20)).unwrap();
    assert!(matches!(start(&text), StartError::Store(StoreError::Sqlite(_))));
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("This is"));
}
