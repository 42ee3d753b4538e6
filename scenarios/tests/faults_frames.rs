//! Faults on single frames: what is forged is a sound frame, what is not meant stays byte for byte, and a fault that
//! finds nothing to strike leaves no mark.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod faults_common;

use bytes::Bytes;
use faultline_scenarios::aim::Aim;
use faultline_scenarios::faults::{Strike, apply};
use faultline_scenarios::plan::Act;
use faultline_scenarios::{Action, Ending, Plan};
use faultline_wire::decoder::decode_all;
use faultline_wire::{Event, FramedEvent};
use faults_common::{
    any_aim, any_event_aim, any_plan, any_stream, event_faults, example, fault, quiet_faults, unary,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

/// The plan under one fault.
fn struck(plan: &Plan, written: &Value, at: Option<&Aim>) -> Plan {
    apply(plan, &[Strike { kind: fault(written.clone()), at: at.cloned() }]).unwrap()
}

/// The bytes of each data action.
fn frames(plan: &Plan) -> Vec<Vec<u8>> {
    data(plan).map(|action| action.bytes().to_vec()).collect()
}

fn data(plan: &Plan) -> impl Iterator<Item = &Action> {
    plan.actions().iter().filter(|action| action.label().is_some())
}

/// Which data actions an aim at an event names, in order.
fn named(plan: &Plan, aim: &Aim) -> Vec<usize> {
    let Aim::Label { nth, .. } = aim else { return Vec::new() };
    let fits = |action: &Action| action.label().is_some_and(|label| aim.names(&label.event, label.index));
    let all = data(plan).enumerate().filter(|(_, action)| fits(action)).map(|(at, _)| at);
    all.skip(usize::try_from(*nth).unwrap() - 1).collect()
}

fn events(plan: &Plan) -> Vec<FramedEvent> {
    let (frames, error) = decode_all(&plan.body());
    assert_eq!(error, None, "{}", plan.to_text());
    frames.iter().map(|frame| FramedEvent::from_frame(frame).unwrap()).collect()
}

fn is_marked(plan: &Plan) -> bool {
    plan.actions().iter().any(|action| action.fault.is_some())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_fault_of_pieces_and_times_changes_no_byte(
        plan in any_plan(),
        written in prop::sample::select(quiet_faults()),
        at in proptest::option::of(any_aim()),
    ) {
        let struck = struck(&plan, &written, at.as_ref());
        prop_assert_eq!(struck.body(), plan.body());
        prop_assert_eq!(struck.ending(), plan.ending());
    }

    #[test]
    fn a_moved_repeated_or_missing_event_leaves_every_other_frame_as_it_is(
        plan in any_stream(),
        aim in any_event_aim(),
    ) {
        let (before, all) = (frames(&plan), named(&plan, &aim));
        let expect = |written: Value, expected: &[Vec<u8>]| {
            let after = struck(&plan, &written, Some(&aim));
            prop_assert_eq!(frames(&after), expected, "{}\n{}", written, after.to_text());
            prop_assert_eq!(is_marked(&after), expected != before || after != plan);
            events(&after);
            Ok(())
        };
        let changed = |change: &dyn Fn(&mut Vec<Vec<u8>>, usize)| {
            let mut frames = before.clone();
            if let Some(first) = all.first() {
                change(&mut frames, *first);
            }
            frames
        };
        expect(json!({"duplicate": {}}), &changed(&|frames, at| frames.insert(at, frames[at].clone())))?;
        expect(json!({"drop_event": {}}), &changed(&|frames, at| drop(frames.remove(at))))?;
        expect(json!({"reorder": {}}), &changed(&|frames, at| {
            if at + 1 < frames.len() {
                frames.swap(at, at + 1);
            }
        }))?;
        let left = before.iter().enumerate().filter(|(at, _)| !all.contains(at));
        expect(json!({"drop_event": {"all": true}}), &left.map(|(_, frame)| frame.clone()).collect::<Vec<_>>())?;
    }

    #[test]
    fn an_unknown_event_is_one_sound_frame_more(plan in any_stream(), at in any_aim()) {
        let written = json!({"unknown_event": {"type": "pingEvent", "payload": {"n": 1}}});
        let after = struck(&plan, &written, Some(&at));
        let (mut sent, old) = (events(&after), events(&plan));
        let ping = sent.iter().position(|framed| framed.event.name() == "pingEvent");
        prop_assert_eq!(ping.is_some(), is_marked(&after));
        if let Some(ping) = ping {
            let extra = sent.remove(ping);
            prop_assert_eq!(extra.event, Event::from_payload("pingEvent", json!({"n": 1})));
            prop_assert_eq!(extra.padding, Some(2));
        }
        prop_assert_eq!(sent, old);
    }

    #[test]
    fn a_lie_about_the_stop_reason_changes_nothing_else(
        plan in any_stream(),
        is in prop_oneof!["[a-z_]{0,12}", Just("end_turn".to_owned())],
    ) {
        let after = struck(&plan, &json!({"stop_reason": {"is": is}}), None);
        prop_assert_eq!(is_marked(&after), events(&after) != events(&plan), "the truth is no lie");
        for (old, new) in events(&plan).into_iter().zip(events(&after)) {
            match (old.event, new.event) {
                (Event::MessageStop { extra: a, .. }, Event::MessageStop { extra: b, stop_reason }) => {
                    prop_assert_eq!((a, stop_reason), (b, is.clone()));
                }
                (old, new) => prop_assert_eq!(old, new),
            }
            prop_assert_eq!(old.padding, new.padding);
        }
        prop_assert_eq!(events(&plan).len(), events(&after).len());
    }

    #[test]
    fn a_broken_union_breaks_one_event_and_leaves_it_a_sound_frame(
        plan in any_stream(),
        aim in any_event_aim(),
        holds in prop::sample::select(vec![("none", 0), ("two", 2), ("unknown", 1)]),
    ) {
        let after = struck(&plan, &json!({"union": {"holds": holds.0}}), Some(&aim));
        let wanted = named(&plan, &aim).first().copied();
        for (at, (old, new)) in events(&plan).into_iter().zip(events(&after)).enumerate() {
            let payload = new.event.payload();
            let members = payload.get("delta").or(payload.get("start")).and_then(Value::as_object);
            match members.filter(|_| wanted == Some(at)) {
                Some(members) => {
                    prop_assert_eq!(members.len(), holds.1, "{}", payload);
                    prop_assert_ne!(old, new);
                    prop_assert!(is_marked(&after));
                }
                None => prop_assert_eq!(old, new),
            }
        }
    }

    #[test]
    fn frames_as_sse_keep_their_payloads_and_times(plan in any_stream()) {
        let after = struck(&plan, &json!({"sse": {}}), None);
        prop_assert_eq!(after.head().unwrap().header("content-type"), Some("text/event-stream"));
        let (sent, _) = decode_all(&plan.body());
        let expected: String = sent
            .iter()
            .map(|frame| (frame.header(":event-type").unwrap(), std::str::from_utf8(frame.payload()).unwrap()))
            .map(|(name, payload)| format!("event: {name}\ndata: {payload}\n\n"))
            .collect();
        prop_assert_eq!(String::from_utf8(after.body()).unwrap(), expected);
        let times = |plan: &Plan| plan.actions().iter().map(|action| action.at).collect::<Vec<_>>();
        prop_assert_eq!(times(&plan), times(&after));
    }

    #[test]
    fn a_unary_answer_has_no_events_to_strike(
        text in ".{0,40}",
        written in prop::sample::select(event_faults()),
        at in any_event_aim(),
    ) {
        let plan = unary(7, &json!({"output": text}).to_string());
        prop_assert_eq!(&struck(&plan, &written, Some(&at)), &plan);
        let corrupt = struck(&plan, &json!({"corrupt": {}}), Some(&Aim::Start));
        prop_assert_eq!(corrupt, plan);
    }

    #[test]
    fn drips_leave_in_pieces_with_a_pause_between(plan in any_plan(), size in 1..90_usize, every in 0..30_u64) {
        let after = struck(&plan, &json!({"drip": {"bytes": size, "every": format!("{every}ms")}}), None);
        let pieces: Vec<&Action> = data(&after).collect();
        for pair in pieces.windows(2) {
            prop_assert!(pair[1].at - pair[0].at >= Duration::from_millis(every));
        }
        for piece in pieces {
            prop_assert!(piece.bytes().len() <= size);
            let apart = matches!(piece.act, Act::Data { apart: true, .. });
            prop_assert!(apart, "it shares its write");
        }
    }

    #[test]
    fn what_is_coalesced_leaves_when_enough_is_there(plan in any_stream(), least in 1..900_usize) {
        let after = struck(&plan, &json!({"coalesce": {"bytes": least}}), None);
        let mut held = 0;
        let mut pending: Vec<&Action> = Vec::new();
        for (old, new) in data(&plan).zip(data(&after)) {
            prop_assert_eq!((old.bytes(), old.label()), (new.bytes(), new.label()));
            held += old.bytes().len();
            pending.push(new);
            if held >= least {
                prop_assert!(pending.drain(..).all(|action| action.at == old.at));
                held = 0;
            }
        }
        let end = after.actions().last().unwrap().at;
        prop_assert!(pending.into_iter().all(|action| action.at == end));
    }

    #[test]
    fn writes_end_before_at_and_after_each_frame_in_turn(plan in any_stream()) {
        let after = struck(&plan, &json!({"slice": {"around": "frames"}}), None);
        let ends = |plan: &Plan| -> Vec<usize> {
            data(plan).scan(0, |sum, action| { *sum += action.bytes().len(); Some(*sum) }).collect()
        };
        let total = plan.body_len();
        let near = [0_isize, 1, 2].map(|turn| turn - 1);
        let mut expected: Vec<usize> = ends(&plan)
            .iter()
            .zip(near.iter().cycle())
            .map(|(end, near)| end.checked_add_signed(*near).unwrap().min(total))
            .collect();
        if expected.last().is_some_and(|last| *last < total) {
            expected.push(total);
        }
        prop_assert_eq!(ends(&after), expected, "{}", after.to_text());
    }
}

#[test]
fn pieces_of_frames_are_no_events() {
    let aim = |text| Aim::parse(text).unwrap();
    let sliced = struck(&example(), &json!({"slice": {"bytes": [70]}}), None);
    for written in event_faults().into_iter().filter(|written| written.get("unknown_event").is_none()) {
        let after = struck(&sliced, &written, Some(&aim("contentBlockDelta")));
        assert_eq!(after.body(), sliced.body(), "{written}");
    }
    let half = struck(&example(), &json!({"slice": {"bytes": [70]}}), Some(&aim("contentBlockStop")));
    let after = struck(&half, &json!({"reorder": {}}), Some(&aim("contentBlockDelta nth 2")));
    assert_eq!(after, half, "the next one is a piece");
}

#[test]
fn a_coalesced_stream_is_one_moment() {
    let after = struck(&example(), &json!({"coalesce": {}}), None);
    let end = after.actions().last().unwrap().at;
    assert!(
        data(&after).all(|action| action.at == end && matches!(action.act, Act::Data { apart: false, .. }))
    );
    let sliced = struck(&example(), &json!({"slice": {"bytes": [9]}}), None);
    let together = struck(&sliced, &json!({"coalesce": {}}), None);
    assert!(data(&together).all(|action| matches!(action.act, Act::Data { apart: false, .. })));
}

#[test]
fn a_unary_answer_lies_about_its_stop_reason_and_about_nothing_else() {
    let check = |body: &str, expected: &str| {
        let plan = unary(0, body);
        let after = struck(&plan, &json!({"stop_reason": {"is": "end_turn"}}), None);
        assert_eq!(String::from_utf8(after.body()).unwrap(), expected);
        assert_eq!(is_marked(&after), body != expected);
    };
    check(
        r#"{"metrics":{"latencyMs":1},"output":{"input":{"b":1,"a":2}},"stopReason":"tool_use"}"#,
        r#"{"metrics":{"latencyMs":1},"output":{"input":{"b":1,"a":2}},"stopReason":"end_turn"}"#,
    );
    check(r#"{"stopReason":"end_turn"}"#, r#"{"stopReason":"end_turn"}"#);
    check(r#"{"message":"no"}"#, r#"{"message":"no"}"#);
}

#[test]
fn an_error_body_that_never_ends_is_an_error_and_a_stall() {
    let strikes = [
        Strike {
            kind: fault(json!({"error": {"type": "ThrottlingException", "message": "Slow down"}})),
            at: None,
        },
        Strike { kind: fault(json!({"stall": {}})), at: Some(Aim::Bytes(10)) },
    ];
    for plan in [example(), unary(0, "{}")] {
        let after = apply(&plan, &strikes).unwrap();
        assert_eq!((after.head().unwrap().status, after.ending()), (429, Ending::Stall));
        assert_eq!(after.body(), br#"{"message""#);
    }
}

#[test]
fn an_unmodelled_error_frame_says_all_in_its_headers() {
    let written = json!({"exception": {"type": "internalServerException", "message": "Oh", "asError": true}});
    let aim = Aim::parse("contentBlockDelta").unwrap();
    let (frames, error) = decode_all(&struck(&example(), &written, Some(&aim)).body());
    let last = frames.last().unwrap();
    let said = [":message-type", ":error-code", ":error-message"].map(|name| last.header(name));
    assert_eq!((said, error), ([Some("error"), Some("internalServerException"), Some("Oh")], None));
    assert_eq!((last.payload(), last.headers().len()), (&Bytes::new(), 3));
}

#[test]
fn a_stream_under_another_content_type_is_still_a_stream() {
    let plan = struck(&example(), &json!({"content_type": {}}), None);
    assert_eq!(plan.head().unwrap().header("content-type"), Some("application/json"));
    assert!(plan.streams(), "its length is not told");
    let again = struck(&plan, &json!({"content_type": {}}), None);
    assert_eq!(again, plan, "there is nothing to lie about");
    let aim = Aim::parse("messageStop").unwrap();
    assert_eq!(events(&struck(&plan, &json!({"unknown_event": {}}), Some(&aim))).len(), 7);
}
