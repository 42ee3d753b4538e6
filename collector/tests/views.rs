//! What people and other tools are shown of a trace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_collector::json;
use faultline_collector::query::StoredSpan;
use faultline_collector::view::{Style, chrome, waterfall};
use serde_json::json;

const PLAIN: Style = Style { width: 80, colours: false };

/// Spans from OTLP JSON, told by one service.
fn spans(list: &serde_json::Value) -> Vec<StoredSpan> {
    let text = json!({"resourceSpans": [{"scopeSpans": [{"spans": list}]}]}).to_string();
    let request = json::traces(text.as_bytes()).unwrap();
    let spans = request.resource_spans[0].scope_spans[0].spans.clone().into_iter();
    let stored = |(number, span)| StoredSpan { number, service: "agent".into(), resource: 1, scope: 1, span };
    (1..).zip(spans).map(stored).collect()
}

fn run() -> Vec<StoredSpan> {
    let ms = |ms: u64| (ms * 1_000_000).to_string();
    let frames: Vec<_> = [0.2, 0.3, 0.4, 0.9].iter().map(|at| json!({"doubleValue": at})).collect();
    spans(&json!([
        {"spanId": "01", "name": "invoke_agent", "startTimeUnixNano": ms(0), "endTimeUnixNano": ms(1500)},
        {"spanId": "02", "parentSpanId": "01", "name": "chat nova", "startTimeUnixNano": ms(0), "endTimeUnixNano": ms(1000),
            "attributes": [{"key": "faultline.stream.frames", "value": {"arrayValue": {"values": frames}}},
                {"key": "faultline.stream.first_text", "value": {"doubleValue": 0.3}}]},
        {"spanId": "03", "parentSpanId": "01", "name": "execute_tool a", "startTimeUnixNano": ms(1000), "endTimeUnixNano": ms(1400),
            "status": {"code": 2, "message": "no such\u{1b}[2J order"},
            "events": [{"name": "faultline.retry", "timeUnixNano": ms(1200)}]},
        {"spanId": "04", "parentSpanId": "01", "name": "execute_tool b", "startTimeUnixNano": ms(1100), "endTimeUnixNano": ms(1450)},
        {"spanId": "05", "parentSpanId": "99", "name": "a parent that never came", "startTimeUnixNano": ms(1450), "endTimeUnixNano": ms(1500)},
    ]))
}

#[test]
fn a_waterfall_shows_spans_and_the_frames_of_their_streams() {
    let drawn = waterfall(&run(), PLAIN);
    let expected = "\
invoke_agent                1.50 s  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  chat nova                 1.00 s  ━━━━━▸━━◆━━·━━━━━━━━━━━━━·━━━
  execute_tool a            400 ms                              ━━━━━━↻━━━━━✗  no such\u{fffd}[2J order
  execute_tool b            350 ms                                 ━━━━━━━━━━━
a parent that never came   50.0 ms                                           ━━━

· frame   ▸ first event   ◆ first text   ↻ retry   ✗ fault or error
";
    assert_eq!(drawn, expected, "\n{drawn}");
    let red = waterfall(&run(), Style { colours: true, ..PLAIN });
    assert_eq!(red.matches("\u{1b}[31m").count(), 1);
    assert!(waterfall(&[], PLAIN).is_empty());
}

#[test]
fn spans_in_a_circle_and_times_that_make_no_sense_are_drawn_too() {
    let odd = spans(&json!([
        {"spanId": "01", "parentSpanId": "02", "name": "a", "startTimeUnixNano": "9223372036854775807", "endTimeUnixNano": "5"},
        {"spanId": "02", "parentSpanId": "01", "name": "b"},
        {"spanId": "03", "parentSpanId": "03", "name": "itself"},
    ]));
    for width in [0, 1, 20, 300] {
        assert_eq!(waterfall(&odd, Style { width, colours: false }).lines().count(), 3);
    }
    assert_eq!(chrome(&odd)["traceEvents"].as_array().unwrap().len(), 4);
}

#[test]
fn chrome_gets_lanes_in_which_spans_nest() {
    let shown = chrome(&run());
    let events = shown["traceEvents"].as_array().unwrap();
    let lane =
        |name: &str| events.iter().find(|event| event["name"] == name).unwrap()["tid"].as_u64().unwrap();
    assert_eq!((lane("invoke_agent"), lane("chat nova"), lane("execute_tool a")), (1, 1, 1));
    assert_eq!(lane("execute_tool b"), 2, "it overlaps the other");
    let tool = events.iter().find(|event| event["name"] == "execute_tool a").unwrap();
    assert_eq!((tool["ts"].as_f64(), tool["dur"].as_f64()), (Some(1_000_000.0), Some(400_000.0)));
    assert_eq!(events.iter().filter(|event| event["ph"] == "i").count(), 1);
    assert!(events.iter().any(|event| event["ph"] == "M" && event["args"]["name"] == "agent"));
}
