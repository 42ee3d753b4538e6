//! Faults over plans: whatever is asked for, what comes out is a plan; nothing before the aim is touched.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod faults_common;

use faultline_scenarios::aim::Aim;
use faultline_scenarios::faults::{FaultKind, Strike, apply};
use faultline_scenarios::plan::Act;
use faultline_scenarios::{Action, Ending, Plan};
use faultline_wire::decoder::decode_all;
use faults_common::{all_faults, any_aim, any_plan, any_strike, ending_faults, example, fault};
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

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

#[test]
fn each_fault_does_to_a_plan_what_its_snapshot_shows() {
    let aims = ["head", "start", "contentBlockDelta 0 nth 2", "bytes 150", "50%", "345 ms", "end"];
    for written in all_faults() {
        let kind = fault(written.clone());
        let (plan, name) = (example(), kind.name());
        let mut text = format!("# {written}\n\n# before\n{}", plan.to_text());
        let aims = aims.map(|aim| Some(Aim::parse(aim).unwrap())).into_iter();
        let aims = [None].into_iter().chain(aims).filter(|aim| kind.nonsense(aim.as_ref()).is_none());
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
