//! What the tests of faults share: plans, aims, and every fault as a file writes it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use bytes::Bytes;
use faultline_scenarios::aim::Aim;
use faultline_scenarios::faults::{FaultKind, Strike};
use faultline_scenarios::label::label;
use faultline_scenarios::plan::{Act, EVENT_STREAM, Head};
use faultline_scenarios::{Action, Ending, Label, Plan};
use faultline_wire::event::Delta;
use faultline_wire::{Event, FramedEvent};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::time::Duration;

pub fn event(number: u8, index: u64, text: &str) -> Event {
    match number % 6 {
        0 => Event::MessageStart { role: "assistant".into() },
        1 => Event::ContentBlockStart { index, start: json!({"toolUse": {"toolUseId": "t", "name": "n"}}) },
        2 => Event::ContentBlockDelta { index, delta: Delta::Text(text.into()) },
        3 => Event::ContentBlockStop { index },
        4 => Event::MessageStop { stop_reason: "end_turn".into(), extra: Map::new() },
        _ => Event::Metadata(Map::new()),
    }
}

pub fn head(content_type: &str) -> Act {
    Act::Head(Head::new(200, content_type))
}

/// A stream of `events` (kind, block, text, milliseconds since the one before), legal or not.
pub fn stream(first: u64, events: &[(u8, u64, String, u64)], ending: Ending) -> Plan {
    let mut at = Duration::from_millis(first);
    let mut actions = vec![Action::new(at, head(EVENT_STREAM))];
    for (number, index, text, wait) in events {
        at += Duration::from_millis(*wait);
        let framed = FramedEvent { event: event(*number, *index, text), padding: Some(2) };
        actions.push(Action::data(at, label(&framed.event), framed.encode().unwrap()));
    }
    actions.push(Action::new(at, Act::End(ending)));
    Plan::new(actions).unwrap()
}

pub fn unary(first: u64, body: &str) -> Plan {
    let at = Duration::from_millis(first);
    let label = Label { event: "body".into(), index: None, gist: "".into() };
    Plan::new(vec![
        Action::new(at, head("application/json")),
        Action::data(at, label, Bytes::from(body.to_owned())),
        Action::new(at, Act::End(Ending::Complete)),
    ])
    .unwrap()
}

fn any_events() -> impl Strategy<Value = Vec<(u8, u64, String, u64)>> {
    proptest::collection::vec((any::<u8>(), 0..3_u64, ".{0,12}", 0..40_u64), 0..14)
}

/// A stream that ends well.
pub fn any_stream() -> impl Strategy<Value = Plan> {
    (0..500_u64, any_events()).prop_map(|(first, events)| stream(first, &events, Ending::Complete))
}

pub fn any_plan() -> impl Strategy<Value = Plan> {
    let endings = prop_oneof![Just(Ending::Complete), Just(Ending::Cut), Just(Ending::Stall)];
    let events = any_events();
    prop_oneof![
        4 => (0..500_u64, events, endings).prop_map(|(first, events, end)| stream(first, &events, end)),
        1 => (0..500_u64, ".{0,80}").prop_map(|(first, body)| unary(first, &body)),
        1 => Just(Plan::empty()),
    ]
}

pub fn any_event_aim() -> impl Strategy<Value = Aim> {
    let events = prop::sample::select(vec![
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
        "body",
        "throttlingException",
    ]);
    let parts = (events, proptest::option::of(0..3_u64), 1..4_u64);
    parts.prop_map(|(event, index, nth)| Aim::Label { event: event.to_owned(), index, nth })
}

pub fn any_aim() -> impl Strategy<Value = Aim> {
    prop_oneof![
        1 => Just(Aim::Head),
        1 => Just(Aim::Start),
        1 => Just(Aim::End),
        1 => any_event_aim(),
        1 => (0..2500_usize).prop_map(Aim::Bytes),
        1 => (0.0..=100.0_f64).prop_map(Aim::Percent),
        1 => (0..700_u64).prop_map(Aim::Millis),
    ]
}

pub fn fault(written: Value) -> FaultKind {
    serde_json::from_value(written).unwrap()
}

/// The faults that end a plan and leave every byte before as it is.
pub fn ending_faults() -> Vec<Value> {
    vec![
        json!({"cut": {}}),
        json!({"cut": {"clean": true}}),
        json!({"reset": {}}),
        json!({"rst_stream": {"code": 8}}),
        json!({"goaway": {"code": 0, "covers": false}}),
        json!({"stall": {}}),
        json!({"exception": {"type": "internalServerException"}}),
        json!({"exception": {"type": "quotaExceededException", "fields": {"a": 1}}}),
    ]
}

pub fn all_faults() -> Vec<Value> {
    let mut faults = ending_faults();
    faults.extend([
        json!({"error": {"type": "ThrottlingException", "retryAfter": "2s"}}),
        json!({"error": {"type": "TeapotException", "status": 418}}),
        json!({"exception": {"type": "throttlingException", "thenFrames": true}}),
        json!({"throttle": {}}),
        json!({"half_frame": {}}),
        json!({"half_frame": {"keep": 3, "then": "reset"}}),
        json!({"half_frame": {"keep": 100_000, "then": "cut"}}),
        json!({"corrupt": {"part": "prelude"}}),
        json!({"corrupt": {"part": "message"}}),
        json!({"corrupt": {"part": "header"}}),
        json!({"corrupt": {"part": "payload"}}),
        json!({"stall": {"for": "250ms"}}),
        json!({"stall": {"for": "0ms"}}),
        json!({"slice": {"bytes": [1, 7]}}),
        json!({"no_stop": {}}),
        json!({"no_stop": {"keepMetadata": true}}),
        json!({"exception": {"type": "internalServerException", "asError": true}}),
        json!({"body": {"text": "<html><body>Sign in</body></html>"}}),
        json!({"body": {"status": 503, "contentType": "application/json", "text": "{\"stopReason\":\"x\"}"}}),
        json!({"stop_reason": {"is": "max_tokens"}}),
    ]);
    faults.extend(quiet_faults());
    faults.extend(event_faults());
    faults
}

/// The faults that change no byte of the body.
pub fn quiet_faults() -> Vec<Value> {
    vec![
        json!({"drip": {"bytes": 100, "every": "10ms"}}),
        json!({"drip": {"bytes": 64, "every": "0ms"}}),
        json!({"slice": {"bytes": [100]}}),
        json!({"slice": {"around": "frames"}}),
        json!({"coalesce": {}}),
        json!({"coalesce": {"bytes": 300}}),
        json!({"content_type": {"is": "application/json"}}),
        json!({"stall": {"for": "250ms"}}),
    ]
}

/// The faults that change, move, add or leave out single frames.
pub fn event_faults() -> Vec<Value> {
    vec![
        json!({"duplicate": {}}),
        json!({"reorder": {}}),
        json!({"drop_event": {}}),
        json!({"drop_event": {"all": true}}),
        json!({"unknown_event": {}}),
        json!({"unknown_event": {"type": "pingEvent", "payload": {"n": 1}}}),
        json!({"union": {"holds": "none"}}),
        json!({"union": {"holds": "two"}}),
        json!({"union": {"holds": "unknown"}}),
        json!({"no_metadata": {}}),
        json!({"stop_reason": {"is": "tool_use"}}),
        json!({"sse": {}}),
    ]
}

pub fn any_strike(faults: Vec<Value>) -> impl Strategy<Value = Strike> {
    (prop::sample::select(faults), proptest::option::of(any_aim()))
        .prop_map(|(written, at)| Strike { kind: fault(written), at })
}

pub fn example() -> Plan {
    let events: Vec<(u8, u64, String, u64)> =
        [(0, 0, ""), (2, 0, "Hel"), (2, 0, "lo 🌍"), (3, 0, ""), (4, 0, ""), (5, 0, "")]
            .into_iter()
            .map(|(number, index, text)| (number, index, text.to_owned(), 20))
            .collect();
    stream(300, &events, Ending::Complete)
}
