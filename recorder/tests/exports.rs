//! The way back: what is exported to another tool's file is imported from it as it was.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/support/corpus.rs"]
mod support;

use bytes::Bytes;
use faultline_recorder::export::{self, har, request_line, vcrpy};
use faultline_recorder::import::{self, Imported, Kind, written};
use faultline_recorder::take::{Chunk, Take};
use faultline_scenarios::file::Provenance;
use faultline_scenarios::load;
use faultline_scenarios::recorded::HowEnded;
use faultline_wire::{Call, Operation};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn take(text: &str, kind: &str, body: Vec<u8>) -> Take {
    let (began, ended) = (Duration::from_micros(12_500), Duration::from_millis(40));
    let body = Bytes::from(body);
    Take {
        call: Call {
            operation: Operation::InvokeModelWithResponseStream,
            model_id: "arn:aws:bedrock:eu-west-3:000000000001:inference-profile/eu.m-v1:0".into(),
            base: String::new(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: json!({"prompt": text, "n": 1.5}),
        },
        began,
        status: 200,
        headers: vec![("content-type".into(), kind.into()), ("x-amzn-requestid".into(), text.trim().into())],
        chunks: if body.is_empty() { Vec::new() } else { vec![Chunk { at: ended, bytes: body }] },
        ended,
        how: HowEnded::Complete,
        trailers: Vec::new(),
        from: Provenance {
            date: Some("2026-11-27".into()),
            region: Some("eu-west-3".into()),
            ..Provenance::default()
        },
    }
}

fn back(text: &str) -> Imported {
    let imported =
        import::read(text.as_bytes(), None, &|_| None).unwrap_or_else(|why| panic!("{why}\n{text}"));
    assert!(imported.skipped.is_empty(), "{:?}\n{text}", imported.skipped);
    imported
}

/// Holds both forms to it.
fn check(takes: &[Take]) {
    for (kind, text) in
        [(Kind::Vcrpy, vcrpy(takes).unwrap()), (Kind::Har, har(takes, ("faultline", "0")).unwrap())]
    {
        let imported = back(&text);
        assert_eq!((imported.kind, imported.takes.len()), (kind, takes.len()), "{text}");
        for (was, is) in takes.iter().zip(&imported.takes) {
            assert_eq!((&was.call, &was.headers, was.status), (&is.call, &is.headers, is.status), "{text}");
            assert_eq!(was.body(), is.body(), "{text}");
            let region = was.from.region.as_deref().or(Some("us-east-1"));
            assert_eq!(region, is.from.region.as_deref());
            if kind == Kind::Har {
                assert_eq!((was.began, was.ended), (is.began, is.ended), "{text}");
            }
        }
    }
}

#[test]
fn a_cassette_is_the_same_takes_again() {
    let one = take("Hi.", "text/plain", b"a".to_vec());
    let files = written("t", &[one.clone(), one.clone()], &Arc::default());
    let scenario = load::scenario("c", "c", &files[0].text).unwrap();
    let takes: Vec<Take> = export::takes(&scenario).into_iter().map(Result::unwrap).collect();
    assert_eq!(takes.len(), 2);
    assert_eq!((&takes[0].call, takes[0].body()), (&one.call, one.body()));
    check(&takes);
    check(&[]);
}

#[test]
fn what_has_no_form_there_is_said() {
    let scenario =
        |text: &str| load::scenario("c", "c", text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
    let why = |text: &str| export::takes(&scenario(text)).remove(0).unwrap_err();
    assert!(
        why("faultline: 1\nreplies: [{message: [{text: hi}]}]\n")
            .contains("reply 1: its `when` names no operation")
    );
    let unasked = "faultline: 1\nwhen: {operation: Converse, model: m}\nreplies: [{body: {text: hi}}]\n";
    assert!(why(unasked).contains("what was asked was not kept"));
    let mut other = take("", "text/plain", Vec::new());
    other.call.operation = Operation::ApplyGuardrail;
    assert_eq!(vcrpy(&[other]).unwrap_err(), "ApplyGuardrail has no form there");
    let mut nobody = take("", "text/plain", Vec::new());
    nobody.call.model_id.clear();
    assert!(har(&[nobody], ("f", "0")).unwrap_err().contains("names no model"));
    let mut proxied = take("", "text/plain", Vec::new());
    proxied.from.upstream = Some("http://127.0.0.1:4566/".into());
    let (_, url) = request_line(&proxied.call, &proxied.from).unwrap();
    assert!(url.starts_with("http://127.0.0.1:4566/model/arn%3Aaws%3Abedrock"), "{url}");
}

#[test]
fn every_recording_of_the_corpus_comes_back() {
    let Some(folder) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let (recordings, _) = import::folder(&folder);
    let takes = recordings.iter().map(import::Recording::take);
    let takes: Vec<Take> = takes.filter(|take| !take.call.model_id.is_empty()).collect();
    assert!(takes.len() > 100, "{}", takes.len());
    check(&takes);
}

proptest! {
    #[test]
    fn any_body_comes_back(text in "\\PC{0,40}", body in prop::collection::vec(any::<u8>(), 0..200)) {
        // What begins like gzip is taken for gzip.
        prop_assume!(!body.starts_with(&[0x1F, 0x8B]));
        check(&[take(&text, "application/vnd.amazon.eventstream", body)]);
    }

    #[test]
    fn any_text_comes_back(text in any::<String>(), body in any::<String>()) {
        check(&[take(&text, "text/plain", body.into_bytes())]);
    }
}
