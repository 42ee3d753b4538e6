//! The real vcrpy judges imports and exports: what it recorded is imported, what is exported it replays to boto3, and a suite
//! runs over a real wire with its recorder off.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/recorded.rs"]
mod recorded;
#[allow(dead_code, reason = "each test uses a part of this module")]
#[path = "../support/served.rs"]
mod served;

use crate::toolchain::Vcrpy;
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_recorder::import::{self, Kind};
use faultline_scenarios::{Book, Speed, load};
use recorded::{Answer, MODEL, both, nock};
use serde_json::{Value, json};
use served::Served;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What boto3 saw behind vcrpy.
fn seen(client: &Vcrpy, cassette: &Path, endpoint: &str, calls: &Value) -> Value {
    told(client.driver().arg(cassette).arg(endpoint).arg(calls.to_string()))
}

fn told(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)))
}

fn faultline(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_faultline")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_exported_vcrpy_replays_to_boto3() {
    let Ok(client) = Vcrpy::ready() else { return };
    let folder = folder("vcrpy-export");
    let (from, into, cassette) = (folder.join("suite.json"), folder.join("c"), folder.join("c.yaml"));
    let throttled = Answer::Json(json!({"message": "Too many requests."}));
    let mut all: Vec<Value> = serde_json::from_str(&both()).unwrap();
    let mut refused = nock("converse", "again", 429, &throttled);
    refused["rawHeaders"] =
        json!(["x-amzn-ErrorType", "ThrottlingException:http://x/", "content-type", "application/json"]);
    all.push(refused);
    std::fs::write(&from, Value::from(all).to_string()).unwrap();
    faultline(&["import", from.to_str().unwrap(), "--into", into.to_str().unwrap()]);
    faultline(&["export", "--vcrpy", into.to_str().unwrap(), "--out", cassette.to_str().unwrap()]);
    let calls = json!([
        ["converse_stream", MODEL, "stream"],
        ["converse", MODEL, "unary"],
        ["converse", MODEL, "again"]
    ]);
    let expected = json!({
        "seen": [["Grü", "ße."], "Yes, “quoted”.", ["ThrottlingException", "Too many requests."]],
        "all_played": true,
    });
    assert_eq!(seen(&client, &cassette, "", &calls), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vcrpy_recorded_is_imported_byte_for_byte() {
    let Ok(client) = Vcrpy::ready() else { return };
    let text = "faultline: 1\nreplies: [{ message: [{ text: 'Grüße, “quoted”.' }] }]\n";
    let scenario = load::scenario("hello", "hello", text).unwrap();
    let book = Book { speed: Speed::Max, ..Book::new(vec![scenario]) };
    let server = MockBedrock::start(Options::default(), Arc::new(Scripted::new(book))).await.unwrap();
    let (cassette, url) = (folder("vcrpy-import").join("c.yaml"), server.url());
    let calls = json!([["converse_stream", MODEL, "Hi."], ["converse", MODEL, "Hi."]]);
    let file = cassette.clone();
    tokio::task::spawn_blocking(move || seen(&client, &file, &url, &calls)).await.unwrap();
    let imported = import::read(&std::fs::read(&cassette).unwrap(), None, &|_| None).unwrap();
    assert_eq!((imported.kind, imported.skipped.len(), imported.notes.len()), (Kind::Vcrpy, 0, 0));
    let sent: Vec<Vec<u8>> = server.wait_for(2).await.iter().map(|one| one.timeline.plan.body()).collect();
    let kept: Vec<Vec<u8>> = imported.takes.iter().map(|take| take.body()).collect();
    assert_eq!(kept, sent);
}

#[test]
fn a_suite_runs_over_a_real_wire_with_its_recorder_off() {
    let Ok(client) = Vcrpy::ready() else { return };
    let folder = folder("vcrpy-switch");
    let (from, into, cassette) = (folder.join("suite.json"), folder.join("c"), folder.join("c.yaml"));
    std::fs::write(&from, both()).unwrap();
    faultline(&["import", from.to_str().unwrap(), "--into", into.to_str().unwrap()]);
    faultline(&["export", "--vcrpy", into.to_str().unwrap(), "--out", cassette.to_str().unwrap()]);
    let served = Served::start(
        Command::new(env!("CARGO_BIN_EXE_faultline")).args(["serve", "--json", "--speed", "max"]),
    );
    let calls = json!([["converse", MODEL, "unary"], ["converse_stream", MODEL, "stream"]]);
    let seen = told(client.switcher().arg(served.said("url")).arg(&cassette).arg(calls.to_string()));
    let expected = json!(["Yes, “quoted”.", ["Grü", "ße."]]);
    assert_eq!(seen, json!({"plain": expected, "parsed": expected, "gzipped": expected}));
    served.kill();
}
