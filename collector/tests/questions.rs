//! What can be asked of a store, over a run that is known.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::Bench;
use faultline_collector::query::{self, Usage, Wanted, Window};
use serde_json::{Value, json};

/// 2026-01-01, in milliseconds since 1970.
const BEGIN: u64 = 1_767_225_600_000;

fn attributes(pairs: &Value) -> Value {
    let value = |value: &Value| match value {
        Value::String(text) => json!({"stringValue": text}),
        Value::Bool(value) => json!({"boolValue": value}),
        Value::Number(number) if number.is_i64() => json!({"intValue": number.to_string()}),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|item| json!({"doubleValue": item})).collect();
            json!({"arrayValue": {"values": items}})
        }
        other => json!({"doubleValue": other}),
    };
    pairs.as_object().unwrap().iter().map(|(key, it)| json!({"key": key, "value": value(it)})).collect()
}

/// A span of trace `trace`, from and to so many milliseconds after the beginning.
fn span(trace: u8, id: u8, parent: Option<u8>, name: &str, from: u64, to: u64, told: &Value) -> Value {
    let hex = |byte: u8, count| format!("{byte:02x}").repeat(count);
    let nanos = |ms: u64| ((BEGIN + ms) * 1_000_000).to_string();
    let mut span = json!({
        "traceId": hex(trace, 16), "spanId": hex(id, 8), "parentSpanId": parent.map(|id| hex(id, 8)), "name": name,
        "kind": 3, "startTimeUnixNano": nanos(from), "endTimeUnixNano": nanos(to), "attributes": attributes(&told["attributes"]),
    });
    if told["failed"] == true {
        span["status"] = json!({"code": 2, "message": "it broke"});
    }
    if let Some(events) = told["events"].as_array() {
        let event = |event: &Value| {
            json!({"name": event[0], "timeUnixNano": nanos(event[1].as_u64().unwrap()),
                "attributes": attributes(event.get(2).unwrap_or(&json!({})))})
        };
        span["events"] = events.iter().map(event).collect();
    }
    span
}

/// A run of an agent: a stream, a tool, and a call that is throttled after a retry; then a trace of somebody else.
fn bench() -> Bench {
    let bench = Bench::new();
    let chat = |more: Value| {
        let mut all = json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "nova"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let agent =
        json!({"attributes": {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "c1"}});
    let stream = json!({"attributes": chat(json!({
        "gen_ai.request.stream": true, "gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 12,
        "gen_ai.usage.cache_read.input_tokens": 5, "faultline.stream.first_text": 0.25,
        "faultline.stream.frames": [0.2, 0.25, 0.3, 0.9]}))});
    let tool = json!({"attributes": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "orders"}, "failed": true});
    let throttled = json!({"attributes": chat(json!({
        "error.type": "ThrottlingException", "http.response.status_code": 429})), "failed": true,
        "events": [["faultline.retry", 1250, {"faultline.retry.delay": 0.5}]]});
    let eventful = json!({"attributes": chat(json!({"gen_ai.response.time_to_first_chunk": 0.1})),
        "events": [["faultline.frame", 5100], ["faultline.first_text", 5150], ["faultline.frame", 5150]]});
    let told = |service: &str, spans: Vec<Value>| {
        let resource = json!({"attributes": attributes(&json!({"service.name": service}))});
        let body = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]});
        assert_eq!(bench.post_json("/v1/traces", &body.to_string()).status, 200);
    };
    // The root comes last, as it ends last.
    told("agent", vec![span(1, 2, Some(1), "chat nova", 0, 1000, &stream)]);
    told(
        "agent",
        vec![
            span(1, 3, Some(1), "execute_tool orders", 1000, 1200, &tool),
            span(1, 4, Some(1), "chat nova", 1200, 1300, &throttled),
            span(1, 1, None, "invoke_agent", 0, 1300, &agent),
        ],
    );
    told("other", vec![span(2, 1, None, "chat nova", 5000, 5200, &eventful)]);
    bench
}

#[test]
fn traces_are_listed_with_what_identifies_them() {
    let bench = bench();
    let list = |wanted: Wanted| bench.ask(move |store| query::traces(store, &wanted));
    let all = list(Wanted::default());
    let names: Vec<_> = all.iter().map(|trace| trace.root.as_deref()).collect();
    assert_eq!(names, [Some("chat nova"), Some("invoke_agent")], "the newest first");
    let run = &all[1];
    assert_eq!((run.spans, run.errors, run.duration()), (4, 2, 1.3));
    assert_eq!(run.service.as_deref(), Some("agent"));
    assert_eq!(run.error.as_deref(), Some("it broke"));
    assert_eq!(run.conversation.as_deref(), Some("c1"));
    let count = |wanted: Wanted| list(wanted).len();
    assert_eq!(count(Wanted { service: Some("other".into()), ..Wanted::default() }), 1);
    assert_eq!(count(Wanted { conversation: Some("c1".into()), ..Wanted::default() }), 1);
    assert_eq!(count(Wanted { failed: true, ..Wanted::default() }), 1);
    assert_eq!(count(Wanted { limit: 1, ..Wanted::default() }), 1);
}

#[test]
fn a_trace_is_found_by_the_beginning_of_its_id() {
    let bench = bench();
    let find = |id: &'static str| bench.ask(move |store| query::trace(store, id)).map(|trace| trace.spans);
    assert_eq!(find("01010101010101010101010101010101"), Some(4));
    assert_eq!(find("010"), Some(4));
    assert_eq!(find("0"), None, "two begin so");
    assert_eq!(find("03"), None);
    assert_eq!(find("xyz"), None);
    assert_eq!(find(""), None);
}

#[test]
fn model_calls_give_raw_samples() {
    let samples = bench().ask(|store| query::chats(store, Window::ALL));
    let [stream, throttled, eventful] = samples.as_slice() else { panic!("{samples:#?}") };
    assert_eq!((stream.total, stream.first_event, stream.first_text), (1.0, Some(0.2), Some(0.25)));
    assert_eq!(stream.gaps.iter().map(|gap| (gap * 1000.0).round()).collect::<Vec<_>>(), [50.0, 50.0, 600.0]);
    assert_eq!(stream.longest_stall.map(|stall| (stall * 1000.0).round()), Some(600.0));
    assert_eq!(stream.usage, Some(Usage { input: 30, output: 12, cache_read: 5, cache_write: 0 }));
    assert!(stream.streamed && !throttled.streamed);
    assert_eq!((throttled.error.as_deref(), throttled.first_event), (Some("ThrottlingException"), None));
    assert_eq!((eventful.first_event, eventful.first_text), (Some(0.1), Some(0.15)), "told as events");
    assert_eq!(eventful.gaps, [0.15 - 0.1]);
    assert_eq!(query::usage_by_model(&samples)["nova"].input, 30);
}

#[test]
fn a_window_holds_what_began_in_it() {
    let at = |ms: u64| i64::try_from((BEGIN + ms) * 1_000_000).unwrap();
    let window = Window { from: at(1200), until: at(5000) };
    let bench = bench();
    assert_eq!(bench.ask(move |store| query::chats(store, window)).len(), 1);
    assert_eq!(bench.ask(move |store| query::tools(store, window)).len(), 0);
    assert_eq!(bench.ask(move |store| query::trouble(store, window)).throttled_calls, 1);
}

#[test]
fn tools_throttles_and_retries_are_counted_once() {
    let bench = bench();
    let tools = bench.ask(|store| query::tools(store, Window::ALL));
    assert_eq!(tools.len(), 1);
    assert_eq!((tools[0].tool.as_str(), tools[0].total, tools[0].failed), ("orders", 0.2, true));
    let trouble = bench.ask(|store| query::trouble(store, Window::ALL));
    assert_eq!((trouble.throttled_requests, trouble.throttled_calls, trouble.retries), (1, 1, 1));
    assert_eq!(trouble.waits, [0.5]);
    let errors: Vec<_> = trouble.errors.iter().map(|(class, count)| (class.as_str(), *count)).collect();
    assert_eq!(errors, [("ThrottlingException", 1), ("it broke", 1)]);
}

#[test]
fn a_series_has_every_stretch_of_time() {
    let samples = bench().ask(|store| query::chats(store, Window::ALL));
    let buckets = query::series(&samples, 1_000_000_000);
    assert_eq!(buckets.iter().map(|bucket| bucket.calls).collect::<Vec<_>>(), [1, 1, 0, 0, 0, 1]);
    assert_eq!((buckets[0].total_p50, buckets[0].input_tokens, buckets[1].errors), (Some(1.0), 30, 1));
    assert_eq!(buckets[2].total_p50, None);
    assert_eq!(buckets[0].from, i64::try_from(BEGIN * 1_000_000).unwrap());
}

#[test]
fn plain_sql_can_ask_for_attributes() {
    let tokens: i64 = bench().ask(|store| {
        let ask = r#"SELECT sum(attributes ->> '$."gen_ai.usage.input_tokens"') FROM spans WHERE operation = 'chat'"#;
        Ok(store.query_row(ask, [], |row| row.get(0))?)
    });
    assert_eq!(tokens, 30);
}

/// What `/api/…` answers.
fn get(bench: &Bench, path: &str) -> Value {
    let mut socket = std::net::TcpStream::connect(bench.collector().http()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut socket, &mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn a_running_collector_answers_the_same_questions() {
    let bench = bench();
    assert_eq!(get(&bench, "/api/counts")["spans"], 5);
    assert_eq!(get(&bench, "/api/traces?limit=1")["traces"][0]["root"], "chat nova");
    assert_eq!(get(&bench, "/api/traces?failed=true")["traces"][0]["conversation"], "c1");
    let trace = get(&bench, "/api/traces/0101");
    let names: Vec<&Value> = trace["spans"].as_array().unwrap().iter().map(|span| &span["name"]).collect();
    assert_eq!(names, ["invoke_agent", "chat nova", "execute_tool orders", "chat nova"]);
    let stream = &trace["spans"][1];
    assert_eq!(
        (&stream["depth"], &stream["from"], &stream["duration"]),
        (&json!(1), &json!(0.0), &json!(1.0))
    );
    assert_eq!(stream["frames"], json!([0.2, 0.25, 0.3, 0.9]));
    assert_eq!(stream["stall"], json!([0.3, 0.9]));
    let marks: Vec<&Value> = stream["marks"].as_array().unwrap().iter().map(|mark| &mark["what"]).collect();
    assert_eq!(marks, ["first event", "first text"]);
    let span = get(&bench, "/api/traces/0101/spans/0202020202020202");
    assert_eq!(span["attributes"][1], json!(["gen_ai.request.model", "nova"]));
    assert_eq!((&span["firstEvent"], &span["gaps"]["n"]), (&json!(0.2), &json!(3)));
    assert_eq!(get(&bench, "/api/traces/0")["message"], "no trace, or more than one, has such an id");
    let latency = get(&bench, "/api/latency?service=agent");
    assert_eq!((&latency["calls"], &latency["failed"]), (&json!(2), &json!(1)));
    assert_eq!(latency["rows"][0]["name"], "stream: first event");
    assert_eq!(get(&bench, "/api/latency?limit=1")["calls"], 1, "the newest");
    assert_eq!(get(&bench, "/api/series?width=1").as_array().unwrap().len(), 6);
    assert_eq!(get(&bench, "/api/trouble")["retries"], 1);
}

#[test]
fn news_come_when_something_is_committed_and_end_with_the_collector() {
    use std::io::{BufRead as _, Write as _};
    let bench = Bench::new();
    let mut socket = std::net::TcpStream::connect(bench.collector().http()).unwrap();
    socket.write_all(b"GET /api/live HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut lines = std::io::BufReader::new(socket).lines();
    let mut counted = || {
        let data = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("data: ")?.to_owned()));
        data.map(|data| serde_json::from_str::<Value>(&data).unwrap()["spans"].as_u64().unwrap())
    };
    assert_eq!(counted(), Some(0));
    let span = span(1, 1, None, "s", 0, 1, &json!({"attributes": {}}));
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]});
    assert_eq!(bench.post_json("/v1/traces", &body.to_string()).status, 200);
    assert_eq!(counted(), Some(1));
    bench.stop();
    assert_eq!(counted(), None);
}
