//! Recordings of other tools become cassettes that play the same bytes; what is wrong with one is said, and nothing bursts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "imports/samples.rs"]
mod samples;

use faultline_recorder::import::{self, Imported, Kind, Unreadable, Written};
use faultline_recorder::redact::Redactor;
use faultline_recorder::take::Take;
use faultline_scenarios::{Book, Scenario, Speed, load};
use faultline_wire::{Call, Family, Operation};
use proptest::prelude::*;
use samples::{HOST, STREAM_PATH, UNARY_MODEL, asked, beside, stream, unary};
use serde_json::{Value, json};
use std::sync::Arc;

fn read(bytes: &[u8]) -> Imported {
    import::read(bytes, None, &beside).unwrap_or_else(|why| panic!("{why}"))
}

fn written(takes: &[Take]) -> Vec<Written> {
    import::written("a test", takes, &Arc::default())
}

fn loaded(files: &[Written]) -> Vec<Scenario> {
    let load = |file: &Written| {
        let read = load::scenario(&file.name, &file.name, &file.text);
        read.unwrap_or_else(|bad| panic!("{}\n{}", bad.to_text(), file.text))
    };
    files.iter().map(load).collect()
}

/// What the mock sends for a take.
fn played(scenario: &Scenario, take: &Take) -> Vec<u8> {
    scenario.plan(0, take.call.operation, Family::Nova, Speed::Written).unwrap().body()
}

#[test]
fn every_form_of_every_kind_plays_the_bytes_that_were_recorded() {
    for sample in samples::all() {
        let what = format!("{} {}", sample.kind, sample.what);
        let imported = read(&sample.bytes);
        assert_eq!(imported.kind, sample.kind, "{what}");
        assert_eq!(imported.skipped.len(), sample.strangers, "{what}: {:?}", imported.skipped);
        assert!(imported.skipped.iter().all(|skipped| !skipped.is_broken), "{what}");
        let [one, two] = imported.takes.as_slice() else { panic!("{what}: {} takes", imported.takes.len()) };
        check(&what, one, Operation::ConverseStream, "amazon.nova-lite-v1:0", "stream");
        check(&what, two, Operation::Converse, UNARY_MODEL, "unary");
        assert_eq!((one.body(), two.body()), (stream(), unary().to_string().into_bytes()), "{what}");
        assert_eq!((one.began.as_millis(), one.ended.as_millis()), sample.times, "{what}");
        let files = written(&imported.takes);
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["001-converse-stream.yaml", "002-converse.yaml"], "{what}");
        for (scenario, take) in loaded(&files).iter().zip([one, two]) {
            assert_eq!(played(scenario, take), take.body(), "{what}");
        }
    }
}

fn check(what: &str, take: &Take, operation: Operation, model: &str, text: &str) {
    assert_eq!((take.call.operation, take.call.model_id.as_str()), (operation, model), "{what}");
    assert_eq!(take.call.body, asked(text), "{what}");
    assert_eq!(take.from.by.as_deref().map(str::is_empty), Some(false), "{what}");
    assert!(take.headers.iter().all(|(name, _)| name != "content-encoding"), "{what}");
}

#[test]
fn kinds_of_one_exchange_play_their_bytes() {
    for (kind, what, bytes, streams) in samples::singles() {
        let imported = read(&bytes);
        assert_eq!(
            (imported.kind, imported.takes.len(), imported.skipped.len()),
            (kind, 1, 0),
            "{kind} {what}"
        );
        let take = &imported.takes[0];
        let expected = if streams { stream() } else { unary().to_string().into_bytes() };
        assert_eq!(take.body(), expected, "{kind} {what}");
        assert_eq!(played(&loaded(&written(&imported.takes))[0], take), expected, "{kind} {what}");
        let pieces = if what == "chunks" { 5 } else { 1 };
        assert_eq!(take.chunks.len(), pieces, "{kind} {what}");
    }
}

#[test]
fn a_request_finds_what_was_recorded_for_it_also_where_no_request_was_kept() {
    let book = |bytes: &[u8]| Book::new(loaded(&written(&read(bytes).takes)));
    let call = |operation, model: &str, body| Call {
        operation,
        model_id: model.into(),
        base: String::new(),
        headers: Vec::new(),
        body,
    };
    let all = samples::all();
    let same = call(Operation::ConverseStream, "amazon.nova-lite-v1:0", asked("stream"));
    let other = call(Operation::ConverseStream, "amazon.nova-lite-v1:0", asked("else"));
    assert_eq!(&*book(&all[0].bytes).choose("", &same).unwrap().name, "001-converse-stream.yaml");
    assert!(book(&all[0].bytes).choose("", &other).unwrap_err().contains("text"));
    let any = call(Operation::ConverseStream, "any", asked("anything"));
    assert!(book(&stream()).choose("", &any).is_ok());
}

#[test]
fn takes_of_one_request_are_one_file_and_secrets_are_not_in_it() {
    let key = format!("AKIA{}", "A1B2C3D4E5F6G7H8");
    let entry = |text: &str, body: &str| {
        json!({"request": {"method": "POST", "uri": format!("{HOST}{STREAM_PATH}"), "body": asked(text).to_string(),
                "headers": {"Authorization": [key], "x-amzn-bedrock-trace": [key]}},
            "response": {"status": {"code": 429}, "headers": {"x-amzn-errortype": ["ThrottlingException"]},
                "body": {"string": json!({"message": body}).to_string()}}})
    };
    let again = format!("I am {key}");
    let all = json!({"interactions": [entry(&again, "1"), entry("other", "x"), entry(&again, &key)]});
    let imported = read(all.to_string().as_bytes());
    let redactor: Arc<Redactor> = Arc::default();
    let files = import::written("t", &imported.takes, &redactor);
    let counts: Vec<usize> = files.iter().map(|file| file.takes).collect();
    assert_eq!(counts, [2, 1]);
    assert!(files.iter().all(|file| !file.text.contains(&key)), "{}", files[0].text);
    assert!(files[0].text.contains("I am redacted-access-key-id-1"), "{}", files[0].text);
    assert!(!redactor.counts().is_empty());
    loaded(&files);
}

#[test]
fn many_takes_go_on_in_another_file_and_are_one_scenario_again() {
    let entry = |number: usize| {
        json!({"request": {"method": "POST", "uri": format!("{HOST}{STREAM_PATH}"), "body": asked("x").to_string()},
            "response": {"status": {"code": 200}, "body": {"string": number.to_string()},
                "headers": {"content-type": ["text/plain"]}}})
    };
    let all: Vec<Value> = (0..150).map(entry).collect();
    let files = written(&read(json!({ "interactions": all }).to_string().as_bytes()).takes);
    assert_eq!(files.iter().map(|file| file.takes).collect::<Vec<_>>(), [64, 64, 22]);
    let book = Book::new(loaded(&files));
    assert_eq!((book.scenarios.len(), book.scenarios[0].file.replies.len()), (1, 150));
    let last = &book.scenarios[0].file.replies[149].body;
    assert_eq!(last.as_ref().unwrap().json, Some(json!(149)));
}

/// A file with one exchange that is `broken`, beside a good one, and what is said of it.
fn broken(all: &Value, why: &str) {
    let imported = read(all.to_string().as_bytes());
    let [skipped] = imported.skipped.as_slice() else { panic!("{:?}", imported.skipped) };
    assert!(skipped.is_broken && skipped.why.contains(why), "{skipped:?}");
    assert!(skipped.number >= 1);
}

#[test]
fn what_is_wrong_with_an_exchange_is_said_and_the_others_are_taken() {
    let url = format!("{HOST}{STREAM_PATH}");
    broken(&json!({"interactions": [{"request": {"uri": url}}]}), "no `response`");
    broken(&json!({"interactions": [{"request": {}, "response": {}}]}), "no `uri`");
    let uri = json!({"uri": url, "method": "POST"});
    broken(&json!({"interactions": [{"request": uri, "response": {}}]}), "no HTTP status");
    let response = json!({"status": {"code": 99}});
    broken(&json!({"interactions": [{"request": uri, "response": response}]}), "its status is 99");
    let response = json!({"status": {"code": 200}, "body": {"base64_string": "%"}});
    broken(&json!({"interactions": [{"request": uri, "response": response}]}), "no base64");
    broken(&json!({"http_interactions": [{"request": {}, "response": {}}]}), "no `uri`");
    broken(&json!({"interactions": [{"request": {"url": url}, "response": {}}]}), "no HTTP status");
    let nock = json!([{"scope": HOST, "path": STREAM_PATH, "response": "0g", "responseIsBinary": true}]);
    broken(&nock, "no hex");
    let pattern = json!({"request": {"urlPattern": "/model/.*"}, "response": {"status": 200}});
    broken(&json!({"mappings": [pattern]}), "its URL is a pattern");
    let fault = json!({"request": {"url": STREAM_PATH}, "response": {"fault": "EMPTY_RESPONSE"}});
    broken(&json!({"mappings": [fault]}), "the fault EMPTY_RESPONSE");
    let lost =
        json!({"request": {"url": STREAM_PATH, "bodyPatterns": []}, "response": {"bodyFileName": "x.bin"}});
    broken(&lost, "__files/x.bin, which is not there");
    broken(
        &json!({"log": {"entries": [{"request": {"url": url}, "response": {"status": 200, "content": {"encoding": "base64", "text": "%"}}}]}}),
        "no base64",
    );
    broken(&json!({"request": {"method": "POST"}, "response": {"status": {"code": 200}}}), "no `url`");
    broken(
        &json!({"request": {"canonical_json": {}, "url": url}, "response": {"status": 200}, "chunks": [{"b64": "%"}]}),
        "no base64",
    );
    let deep = (0..29).fold(json!(1), |inner, _| json!([inner]));
    let nock = |body: &Value, response: &Value| json!([{"scope": HOST, "path": STREAM_PATH, "method": "POST", "body": body, "response": response, "status": 400}]);
    broken(&nock(&deep, &json!({})), "nests deeper than 28 levels");
    broken(&nock(&json!({}), &deep), "nests deeper than 28 levels");
    let held = read(nock(&deep[0], &deep[0]).to_string().as_bytes());
    assert_eq!(loaded(&written(&held.takes)).len(), 1, "one level less is held");
    broken(&json!({"requests": [{"uri": url}], "responses": []}), "no `response`");
    broken(&json!({"when": {"method": "POST"}, "then": {"status": 200}}), "no `path`");
}

#[test]
fn a_file_that_is_no_recording_is_refused_with_what_to_do() {
    let refused = |bytes: &[u8], kind| import::read(bytes, kind, &beside).unwrap_err().to_string();
    assert_eq!(import::read(b"faultline: 1\n", None, &beside).unwrap_err(), Unreadable::Scenario);
    assert!(refused(b"{\"a\": 1}", None).contains("--kind es|vcrpy|"));
    assert!(refused(b"", None).contains("empty"));
    assert!(refused(&[0xFF, 0xFE, 0], None).contains("neither an event stream, nor JSON, nor YAML"));
    assert!(refused(b"{\"a\": ", None).contains("line 1"));
    assert!(refused(b"a: [", None).contains("nor YAML"));
    let mut cut = stream();
    cut.truncate(cut.len() - 3);
    assert!(refused(&cut, None).contains("no sound event stream: frame 4"));
    assert!(refused(b"x", Some(Kind::Es)).contains("no sound event stream"));
    let empty = import::read(b"{\"a\": 1}", Some(Kind::Har), &beside).unwrap();
    assert_eq!((empty.takes.len(), empty.skipped.len()), (0, 0));
}

#[test]
fn what_is_not_as_it_was_is_told() {
    let notes = |imported: &Imported| {
        imported.notes.iter().map(|(note, count)| format!("{count} {note}")).collect::<String>()
    };
    let parsed = samples::all().into_iter().find(|sample| sample.what == "parsed_body").unwrap();
    assert!(notes(&read(&parsed.bytes)).starts_with("1 the answer was kept as parsed JSON"));
    let mut bad = stream();
    bad[40] ^= 1;
    let all = json!([{"scope": HOST, "path": STREAM_PATH, "method": "POST", "body": "no json", "status": 200,
        "response": samples::hex(&bad), "responseIsBinary": true}]);
    let imported = read(all.to_string().as_bytes());
    assert!(
        notes(&imported).contains("the request is no JSON") && notes(&imported).contains("do not decode")
    );
    assert_eq!(played(&loaded(&written(&imported.takes))[0], &imported.takes[0]), bad, "bytes stay bytes");
}

/// Samples with bytes changed, cut and joined.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> = samples::all()
        .into_iter()
        .map(|sample| sample.bytes)
        .chain(samples::singles().into_iter().map(|(_, _, bytes, _)| bytes))
        .collect();
    let edit = (any::<prop::sample::Index>(), any::<u8>());
    let edits = prop::collection::vec(edit, 0..8);
    (prop::sample::select(all), edits, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(mut bytes, edits, cut, cuts)| {
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if cuts {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    )
}

/// Whatever comes out of it can be written and loads.
fn holds(bytes: &[u8], kind: Option<Kind>) {
    if let Ok(imported) = import::read(bytes, kind, &beside) {
        let files = written(&imported.takes);
        assert_eq!(files.iter().map(|file| file.takes).sum::<usize>(), imported.takes.len());
        loaded(&files);
    }
}

proptest! {
    #[test]
    fn no_bytes_burst_an_importer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        holds(&bytes, None);
        Kind::ALL.iter().for_each(|kind| holds(&bytes, Some(*kind)));
    }

    #[test]
    fn no_change_to_a_recording_bursts_one(bytes in mangled()) {
        holds(&bytes, None);
        Kind::ALL.iter().for_each(|kind| holds(&bytes, Some(*kind)));
    }

    #[test]
    fn no_document_bursts_one(text in "[-a-z: \\[\\]{},&*!'\"|>\n0-9%]{0,120}") {
        holds(text.as_bytes(), None);
        Kind::ALL.iter().for_each(|kind| holds(text.as_bytes(), Some(*kind)));
    }
}
