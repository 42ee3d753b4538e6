//! `record(play(s)) == s`: what a cassette plays, recorded again, is the same cassette. Over the library with its faults,
//! over the recorded corpus, and over bytes of any kind.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "../../tests/support/corpus.rs"]
mod support;

use bytes::Bytes;
use faultline_recorder::cassette;
use faultline_recorder::take::{Chunk, Take};
use faultline_scenarios::faults::{Strike, apply};
use faultline_scenarios::file::Provenance;
use faultline_scenarios::key::key;
use faultline_scenarios::plan::Plan;
use faultline_scenarios::recorded::HowEnded;
use faultline_scenarios::{Scenario, Speed, load};
use faultline_wire::{Call, Family, Operation};
use proptest::prelude::*;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

fn call(operation: Operation) -> Call {
    Call {
        operation,
        model_id: "us.anthropic.claude-sonnet-4-5-20250929-v1:0".into(),
        base: String::new(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: json!({"messages": [{"role": "user", "content": [{"text": "Gré \u{7f} ${x} “go”"}]}]}),
    }
}

fn written(take: &Take) -> String {
    cassette::file(&key(&take.call), &take.from, &[cassette::reply(take)])
}

fn loaded(text: &str) -> Scenario {
    load::scenario("take", "take.yaml", text).unwrap_or_else(|bad| panic!("{}\n{text}", bad.to_text()))
}

fn played(text: &str, operation: Operation) -> Plan {
    Plan::clone(&loaded(text).plan(0, operation, Family::Claude, Speed::Written).unwrap())
}

/// Holds a take to the property: the bytes, the pieces, the times and the end are the same, and so is the file.
fn check(take: &Take) {
    let text = written(take);
    let plan = played(&text, take.call.operation);
    let again = Take::of_plan(take.call.clone(), &plan).unwrap();
    let again = Take { from: take.from.clone(), ..again };
    assert_eq!(again.body(), take.body(), "{text}");
    assert_eq!(again.chunks.len(), take.chunks.len(), "{text}");
    let (one, other) = (written(&again), text);
    assert_eq!(one, other);
}

#[test]
fn the_library_with_its_faults() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library");
    let (scenarios, errors) = load::path(&folder);
    assert!(errors.is_empty(), "{errors:#?}");
    let mut count = 0;
    for scenario in &scenarios {
        for operation in [Operation::Converse, Operation::ConverseStream] {
            for number in 0..scenario.file.replies.len() {
                let Ok(plan) = scenario.plan(number, operation, Family::Claude, Speed::Written) else {
                    continue;
                };
                let strikes = scenario
                    .file
                    .faults
                    .iter()
                    .map(|fault| Strike { kind: fault.kind.clone(), at: fault.at.clone() });
                let struck = strikes.filter_map(|strike| apply(&plan, &[strike]).ok());
                for plan in std::iter::once(Plan::clone(&plan)).chain(struck) {
                    if let Some(take) = Take::of_plan(call(operation), &plan) {
                        check(&take);
                        count += 1;
                    }
                }
            }
        }
    }
    assert!(count > 1000, "{count} plans");
}

#[test]
fn the_corpus() {
    let Some(folder) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join("es")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files {
        let bytes = Bytes::from(std::fs::read(file).unwrap());
        // As one piece, and in pieces that no frame begins with.
        for size in [bytes.len(), 701] {
            check(&stream(bytes.chunks(size).map(Bytes::copy_from_slice).collect(), HowEnded::Complete));
        }
    }
    assert!(files.len() > 100);
}

fn stream(parts: Vec<Bytes>, how: HowEnded) -> Take {
    let at = |number: usize| Duration::from_micros(1500 * (number as u64 + 1) + 7);
    let (ended, headers) =
        (at(parts.len()), vec![("content-type".into(), "application/vnd.amazon.eventstream".into())]);
    let chunks =
        parts.into_iter().enumerate().map(|(number, bytes)| Chunk { at: at(number), bytes }).collect();
    Take {
        call: call(Operation::ConverseStream),
        began: Duration::from_micros(1001),
        status: 200,
        headers,
        chunks,
        ended,
        how,
        trailers: vec![("x-sum".into(), "1".into())],
        from: Provenance {
            date: Some("2026-11-27T10:00:00Z".into()),
            by: Some("faultline 0.1.0".into()),
            ..Provenance::default()
        },
    }
}

fn ends() -> impl Strategy<Value = HowEnded> {
    prop_oneof![
        Just(HowEnded::Complete),
        Just(HowEnded::Cut),
        Just(HowEnded::Reset),
        any::<u32>().prop_map(HowEnded::RstStream),
        any::<u32>().prop_map(HowEnded::Goaway),
        Just(HowEnded::ClientLeft),
    ]
}

fn parts() -> impl Strategy<Value = Vec<Bytes>> {
    let part = prop::collection::vec(any::<u8>(), 1..40).prop_map(Bytes::from);
    prop::collection::vec(part, 0..6)
}

/// Sound frames, cut anywhere, with a byte changed somewhere.
fn frames() -> impl Strategy<Value = Vec<Bytes>> {
    (
        prop::collection::vec("\\PC{0,12}", 1..5),
        prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        any::<Option<prop::sample::Index>>(),
    )
        .prop_map(|(texts, cuts, flip)| {
            let frame = |text: &String| {
                let payload = json!({"contentBlockIndex": 0, "delta": {"text": text}});
                let event = faultline_wire::Event::from_payload("contentBlockDelta", payload);
                faultline_wire::FramedEvent { event, padding: Some(3) }.encode().unwrap()
            };
            let mut bytes: Vec<u8> = texts.iter().flat_map(|text| frame(text).to_vec()).collect();
            if let Some(at) = flip {
                let at = at.index(bytes.len());
                bytes[at] ^= 0x10;
            }
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            places.dedup();
            places.windows(2).map(|pair| Bytes::copy_from_slice(&bytes[pair[0]..pair[1]])).collect()
        })
}

proptest! {
    #[test]
    fn any_bytes_as_a_stream(parts in parts(), how in ends()) {
        check(&stream(parts, how));
    }

    #[test]
    fn frames_that_are_cut_and_broken(parts in frames(), how in ends()) {
        check(&stream(parts, how));
    }

    #[test]
    fn any_bytes_as_a_body(parts in parts(), how in ends()) {
        let take = stream(parts, how);
        check(&Take { headers: vec![("x-amzn-errortype".into(), "X".into())], status: 503, ..take });
    }

    #[test]
    fn any_text_as_a_body(text in "\\PC{0,60}", json in any::<bool>()) {
        let text = if json { json!({"z": text, "a": [1.5, null]}).to_string() } else { text };
        let parts = if text.is_empty() { Vec::new() } else { vec![Bytes::from(text)] };
        let take = stream(parts, HowEnded::Complete);
        check(&Take { headers: vec![("content-type".into(), "application/json".into())], ..take });
    }
}
