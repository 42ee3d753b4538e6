//! What the live page asks for: lists a page at a time, a digest that agrees with the questions that read everything, and answers
//! that stay small.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "common/runs.rs"]
mod runs;

use common::Bench;
use faultline_collector::query::{self, Digest, Wanted, WantedConversations, Window};
use faultline_collector::store::Connection;
use serde_json::{Value, json};

/// So many runs of an agent.
fn filled(runs: u64) -> Bench {
    let bench = Bench::new();
    for batch in runs::batches(runs * runs::SPANS) {
        assert_eq!(bench.post("/v1/traces", &[("content-type", "application/json")], &batch).status, 200);
    }
    bench
}

#[test]
fn a_list_a_page_at_a_time_has_each_trace_once_and_says_how_many_there_are() {
    let bench = filled(100);
    let check = |wanted: Wanted, expected: u64| {
        let (pages, count) = bench.ask(move |store| {
            let (mut pages, mut before) = (Vec::new(), None);
            loop {
                let page = query::traces(store, &Wanted { before, limit: 7, ..wanted.clone() })?;
                let Some(last) = page.last() else { break };
                before = Some((last.started, last.number));
                pages.extend(page);
            }
            Ok((pages, query::count_traces(store, &wanted)?))
        });
        assert_eq!((pages.len() as u64, count), (expected, expected));
        assert!(pages.windows(2).all(|pair| pair[0].started > pair[1].started), "the newest first");
    };
    check(Wanted::default(), 100);
    let text = |text: &str| Wanted { text: Some(text.to_owned()), ..Wanted::default() };
    check(text("INVOKE_agent"), 100);
    check(text("talk-1"), 4 + 4 * 10);
    check(text(&runs::trace_id(41).to_uppercase()), 1);
    check(text("%"), 0);
    check(text("invoke_agent%"), 0);
    check(text("' OR 1=1 --"), 0);
    check(Wanted { failed: true, ..text("declined") }, 2);
}

#[test]
fn conversations_are_listed_a_page_at_a_time() {
    let bench = filled(40);
    let list = |before: Option<(i64, String)>, text: Option<&str>| {
        let text = text.map(str::to_owned);
        let wanted = WantedConversations { before, text, limit: 6, failed: false };
        bench.ask(move |store| query::conversations(store, &wanted))
    };
    let (first, all) = list(None, None);
    assert_eq!((first.len(), all), (6, 10));
    assert_eq!((first[0].conversation.as_str(), first[0].traces, first[0].spans), ("talk-9", 4, 64));
    let last = first.last().map(|last| (last.newest, last.conversation.clone()));
    let (second, all) = list(last, None);
    assert_eq!((second.len(), all, second[0].conversation.as_str()), (4, 10, "talk-3"));
    assert_eq!(list(None, Some("TALK-4")).1, 1);
}

/// What a digest says, and what the questions say that read everything.
fn both(digest: &Digest, store: &Connection) -> [Value; 2] {
    let chats = query::chats(store, Window::ALL).unwrap();
    let tools = query::tools(store, Window::ALL).unwrap();
    let asked = json!([
        query::latency(&chats, &tools),
        query::usage_by_model(&chats),
        query::series(&chats, 1_000_000_000),
        query::tool_use(&tools),
        query::trouble(store, Window::ALL).unwrap(),
    ]);
    let chats = digest.chats();
    let digested = json!([
        query::latency(&chats, digest.tools()),
        query::usage_by_model(&chats),
        query::series(&chats, 1_000_000_000),
        query::tool_use(digest.tools()),
        digest.trouble(),
    ]);
    [asked, digested]
}

#[test]
fn a_digest_that_reads_only_what_is_new_says_what_reading_everything_says() {
    let bench = Bench::new();
    let mut digest = Digest::default();
    for batch in runs::batches(100 * runs::SPANS) {
        bench.post("/v1/traces", &[("content-type", "application/json")], &batch);
        let (caught, said) = bench.ask(move |store| {
            digest.catch_up(store, 0)?;
            // A second time there is nothing new, and nothing is counted twice.
            digest.catch_up(store, 0)?;
            let said = both(&digest, store);
            Ok((digest, said))
        });
        digest = caught;
        assert_eq!(said[0], said[1]);
        assert_ne!(said[0][4]["retries"], json!(0));
    }
}

#[test]
fn a_digest_reads_anew_where_much_was_forgotten() {
    let bench = filled(50);
    let said = bench.ask(|store| {
        let mut digest = Digest::default();
        digest.catch_up(store, 0)?;
        let before = digest.tools().len();
        // A store that is read from alone: what a writer forgets is another connection's work.
        store.execute_batch("DELETE FROM spans WHERE trace <= 25; DELETE FROM traces WHERE id <= 25;")?;
        digest.catch_up(store, 25 * 16)?;
        Ok((before, digest.tools().len(), both(&digest, store)))
    });
    assert_eq!((said.0, said.1), (150, 75));
    assert_eq!(said.2[0], said.2[1]);
}

#[test]
fn a_call_that_both_sides_told_counts_once() {
    let bench = filled(10);
    let said = bench.ask(|store| {
        let chats = query::chats(store, Window::ALL)?;
        Ok((chats.len(), chats.iter().any(|chat| chat.served), query::trouble(store, Window::ALL)?))
    });
    assert_eq!((said.0, said.1), (40, false));
    // The run 0 has a request that was sent again: told by an event and by the request's span.
    assert_eq!((said.2.throttled_requests, said.2.retries, said.2.waits), (1, 1, vec![0.05]));
    let bench = Bench::new();
    let served = json!({"traceId": "1".repeat(32), "spanId": "2".repeat(16), "name": "chat nova", "kind": 2,
        "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]});
    bench.post_json(
        "/v1/traces",
        &json!({"resourceSpans": [{"scopeSpans": [{"spans": [served]}]}]}).to_string(),
    );
    assert_eq!(bench.ask(|store| query::chats(store, Window::ALL)).len(), 1, "nobody else told it");
}

/// The answer to a question, and how many bytes it has.
fn get(bench: &Bench, path: &str) -> (Value, usize) {
    let mut socket = std::net::TcpStream::connect(bench.collector().http()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
    let answer = std::io::read_to_string(socket).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (serde_json::from_str(body).unwrap(), body.len())
}

#[test]
fn the_answers_of_a_huge_trace_stay_small_and_hold_all_of_it_in_parts() {
    let bench = Bench::new();
    let frames: Vec<Value> = (0..500).map(|n| json!({"doubleValue": f64::from(n) / 1000.0})).collect();
    let long = "x".repeat(100_000);
    let span = |number: u64| {
        json!({"traceId": "a".repeat(32), "spanId": format!("{number:016x}"), "name": format!("span {number}"),
            "startTimeUnixNano": (1_767_225_600_000_000_000 + number).to_string(), "endTimeUnixNano": "1767225601000000000",
            "attributes": [{"key": "faultline.stream.frames", "value": {"arrayValue": {"values": frames}}},
                {"key": "long", "value": {"stringValue": if number == 1 { &long } else { "" }}}]})
    };
    for first in (1..=700).step_by(100) {
        let spans: Vec<Value> = (first..first + 100).map(span).collect();
        let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string();
        assert_eq!(bench.post_json("/v1/traces", &body).status, 200);
    }
    let mut names = Vec::new();
    for from in [0, 500] {
        let (answer, bytes) = get(&bench, &format!("/api/traces/aaaa?from={from}"));
        assert!(bytes < 600_000, "{bytes}");
        assert_eq!((&answer["all"], &answer["from"]), (&json!(700), &json!(from)));
        names.extend(answer["spans"].as_array().unwrap().iter().map(|span| span["name"].to_string()));
    }
    assert_eq!(names.len(), 700);
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 700);
    assert_eq!(get(&bench, "/api/traces/aaaa?from=5000").0["spans"], json!([]));
    let (span, bytes) = get(&bench, "/api/traces/aaaa/spans/0000000000000001");
    assert!(bytes < 100_000, "{bytes}");
    assert!(span["attributes"][1][1].as_str().unwrap().ends_with(" … (80000 more characters)"));
    assert!(get(&bench, "/api/traces?limit=100&before=nonsense").0["message"].is_string());
}
