//! Faults over plans: whatever is asked for, what comes out is a plan; nothing before the aim is touched.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use bytes::Bytes;
use faultline_scenarios::aim::Aim;
use faultline_scenarios::faults::{FaultKind, Strike, apply};
use faultline_scenarios::label::label;
use faultline_scenarios::plan::{Act, EVENT_STREAM, Head};
use faultline_scenarios::{Action, Ending, Label, Plan};
use faultline_wire::decoder::decode_all;
use faultline_wire::event::Delta;
use faultline_wire::{Event, FramedEvent};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::time::Duration;

fn event(number: u8, index: u64, text: &str) -> Event {
    match number % 6 {
        0 => Event::MessageStart { role: "assistant".into() },
        1 => Event::ContentBlockStart { index, start: json!({"toolUse": {"toolUseId": "t", "name": "n"}}) },
        2 => Event::ContentBlockDelta { index, delta: Delta::Text(text.into()) },
        3 => Event::ContentBlockStop { index },
        4 => Event::MessageStop { stop_reason: "end_turn".into(), extra: Map::new() },
        _ => Event::Metadata(Map::new()),
    }
}

fn head(content_type: &str) -> Act {
    Act::Head(Head::new(200, content_type))
}

/// A stream of `events` (kind, block, text, milliseconds since the one before), legal or not.
fn stream(first: u64, events: &[(u8, u64, String, u64)], ending: Ending) -> Plan {
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

fn unary(first: u64, body: &str) -> Plan {
    let at = Duration::from_millis(first);
    let label = Label { event: "body".into(), index: None, gist: "".into() };
    Plan::new(vec![
        Action::new(at, head("application/json")),
        Action::data(at, label, Bytes::from(body.to_owned())),
        Action::new(at, Act::End(Ending::Complete)),
    ])
    .unwrap()
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let endings = prop_oneof![Just(Ending::Complete), Just(Ending::Cut), Just(Ending::Stall)];
    let events = proptest::collection::vec((any::<u8>(), 0..3_u64, ".{0,12}", 0..40_u64), 0..14);
    prop_oneof![
        4 => (0..500_u64, events, endings).prop_map(|(first, events, end)| stream(first, &events, end)),
        1 => (0..500_u64, ".{0,80}").prop_map(|(first, body)| unary(first, &body)),
        1 => Just(Plan::empty()),
    ]
}

fn any_aim() -> impl Strategy<Value = Aim> {
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
    prop_oneof![
        Just(Aim::Head),
        Just(Aim::Start),
        Just(Aim::End),
        (events, proptest::option::of(0..3_u64), 1..4_u64).prop_map(|(event, index, nth)| Aim::Label {
            event: event.to_owned(),
            index,
            nth
        }),
        (0..2500_usize).prop_map(Aim::Bytes),
        (0.0..=100.0_f64).prop_map(Aim::Percent),
        (0..700_u64).prop_map(Aim::Millis),
    ]
}

fn fault(written: Value) -> FaultKind {
    serde_json::from_value(written).unwrap()
}

/// The faults that end a plan and leave every byte before as it is.
fn ending_faults() -> Vec<Value> {
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

fn all_faults() -> Vec<Value> {
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
    ]);
    faults
}

fn any_strike(faults: Vec<Value>) -> impl Strategy<Value = Strike> {
    (prop::sample::select(faults), proptest::option::of(any_aim()))
        .prop_map(|(written, at)| Strike { kind: fault(written), at })
}

/// How many bytes of the body the aim lets pass; `None` where the plan has no such moment.
fn bytes_before(plan: &Plan, aim: &Aim) -> Option<usize> {
    let data = || plan.actions().iter().filter(|action| action.label().is_some());
    let sum = |count: usize| data().take(count).map(|action| action.bytes().len()).sum::<usize>();
    match aim {
        Aim::Head | Aim::Start => Some(0),
        Aim::End => Some(plan.body_len()),
        Aim::Bytes(count) => Some((*count).min(plan.body_len())),
        Aim::Percent(_) => None,
        Aim::Millis(millis) => {
            Some(sum(data().filter(|action| action.at < Duration::from_millis(*millis)).count()))
        }
        Aim::Label { event, index, nth } => {
            let fits = |action: &Action| {
                let label = action.label().unwrap();
                *label.event == **event && (index.is_none() || label.index == *index)
            };
            let nth = usize::try_from(*nth).unwrap();
            data().enumerate().filter(|(_, action)| fits(action)).nth(nth - 1).map(|(at, _)| sum(at + 1))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_faults_over_any_plan_give_a_plan(
        plan in any_plan(),
        strikes in proptest::collection::vec(any_strike(all_faults()), 0..6),
    ) {
        let struck = apply(&plan, &strikes);
        prop_assert!(struck.is_ok(), "{:?} over\n{}", struck, plan.to_text());
        prop_assert_eq!(struck.unwrap(), apply(&plan, &strikes).unwrap(), "the same strikes, another plan");
    }

    #[test]
    fn everything_before_an_ending_is_delivered_unchanged(
        plan in any_plan().prop_filter("has a head", |plan| plan.head().is_some()),
        strike in any_strike(ending_faults()).prop_filter("has an aim", |strike| strike.at.is_some()),
    ) {
        let struck = apply(&plan, std::slice::from_ref(&strike)).unwrap();
        let aim = strike.at.as_ref().unwrap();
        let (before, after) = (plan.body(), struck.body());
        let instead = struck.head().is_some_and(|head| head.status != 200);
        if let (Some(count), false) = (bytes_before(&plan, aim), instead) {
            prop_assert!(after.starts_with(&before[..count]), "{strike:?}\n{}", struck.to_text());
            if !matches!(strike.kind, FaultKind::Exception(_)) {
                prop_assert_eq!(after.len(), count, "{:?}\n{}", strike, struck.to_text());
            }
        } else if !instead && !matches!(aim, Aim::Percent(_)) {
            prop_assert_eq!(&struck, &plan, "an event that is not there is no place to strike");
        }
        for (old, new) in plan.actions().iter().zip(struck.actions()).filter(|(_, new)| new.fault.is_none()) {
            prop_assert_eq!((old.at, old.label()), (new.at, new.label()));
        }
    }

    #[test]
    fn an_error_and_a_frame_exclude_each_other(
        plan in any_plan(),
        strikes in proptest::collection::vec(any_strike(all_faults()), 1..5),
    ) {
        let struck = apply(&plan, &strikes).unwrap();
        if struck.head().is_some_and(|head| head.status != 200) {
            let frames = struck.actions().iter().filter_map(Action::label).filter(|label| &*label.event != "body");
            prop_assert_eq!(frames.count(), 0, "a frame in a JSON body:\n{}", struck.to_text());
        }
    }

    #[test]
    fn slices_and_pauses_never_change_the_bytes(
        plan in any_plan(),
        sizes in proptest::collection::vec(1..50_usize, 1..4),
        millis in 0..2000_u64,
        aims in (proptest::option::of(any_aim()), any_aim()),
    ) {
        let slice = Strike { kind: fault(json!({"slice": {"bytes": sizes}})), at: aims.0 };
        let stall = Strike { kind: fault(json!({"stall": {"for": format!("{millis}ms")}})), at: Some(aims.1) };
        let struck = apply(&plan, &[slice, stall.clone()]).unwrap();
        prop_assert_eq!(struck.body(), plan.body());
        prop_assert_eq!(struck.ending(), plan.ending());
        let end = |plan: &Plan| plan.actions().last().unwrap().at;
        let late = end(&apply(&plan, &[stall]).unwrap()) - end(&plan);
        prop_assert!(late.is_zero() || late == Duration::from_millis(millis));
    }

    #[test]
    fn slices_have_the_sizes_that_were_asked_for(plan in any_plan(), size in 1..60_usize) {
        let slice = Strike { kind: fault(json!({"slice": {"bytes": [size]}})), at: None };
        let struck = apply(&plan, &[slice]).unwrap();
        for action in struck.actions() {
            prop_assert!(action.bytes().len() <= size);
            let together = matches!(&action.act, Act::Data { apart: false, .. });
            prop_assert!(!together, "a slice that shares its write");
        }
    }
}

fn example() -> Plan {
    let events: Vec<(u8, u64, String, u64)> =
        [(0, 0, ""), (2, 0, "Hel"), (2, 0, "lo 🌍"), (3, 0, ""), (4, 0, ""), (5, 0, "")]
            .into_iter()
            .map(|(number, index, text)| (number, index, text.to_owned(), 20))
            .collect();
    stream(300, &events, Ending::Complete)
}

#[test]
fn each_fault_does_to_a_plan_what_its_snapshot_shows() {
    let aims = ["head", "start", "contentBlockDelta 0 nth 2", "bytes 150", "50%", "345 ms", "end"];
    for written in all_faults() {
        let kind = fault(written.clone());
        let (plan, name) = (example(), kind.name());
        let mut text = format!("# {written}\n\n# before\n{}", plan.to_text());
        let aims = aims.map(|aim| Some(Aim::parse(aim).unwrap())).into_iter();
        let aims: Vec<Option<Aim>> =
            if kind.needs_aim() { aims.collect() } else { [None].into_iter().chain(aims).collect() };
        for at in aims {
            let strike = Strike { kind: kind.clone(), at };
            let struck = apply(&plan, std::slice::from_ref(&strike)).unwrap().to_text();
            text += &format!("\n# {}\n{struck}", strike.cause());
        }
        let settings: String = written.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        let file = format!("fault_{name}__{settings}");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(file, text);
        });
    }
}

#[test]
fn an_exception_frame_never_stands_inside_another_frame() {
    let plan = example();
    for count in 0..=plan.body_len() {
        let kind = fault(json!({"exception": {"type": "internalServerException", "thenFrames": true}}));
        let struck = apply(&plan, &[Strike { kind, at: Some(Aim::Bytes(count)) }]).unwrap();
        let (frames, error) = decode_all(&struck.body());
        assert_eq!((frames.len(), error), (7, None), "bytes {count}\n{}", struck.to_text());
    }
}

#[test]
fn a_cut_inside_a_frame_leaves_exactly_so_many_bytes() {
    let plan = example();
    for count in 0..=plan.body_len() + 10 {
        let strike = Strike { kind: fault(json!({"reset": {}})), at: Some(Aim::Bytes(count)) };
        let struck = apply(&plan, &[strike]).unwrap();
        assert_eq!(struck.body(), plan.body()[..count.min(plan.body_len())]);
        assert_eq!(struck.ending(), Ending::Reset);
    }
}
