//! Snapshot tests as a suite in any language uses them: `run --snapshots`, then `review`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
mod command;

use command::{code, file, run, temporary, text};
use std::path::{Path, PathBuf};
use std::process::Output;

const HELLO: &str = "faultline: 1\nreplies: [{ message: [{ text: Hello. }] }]\n";

/// A fresh folder.
fn folder(name: &str) -> PathBuf {
    let path = temporary(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

/// Runs a suite of one request that says `prompt`.
fn suite(folder: &Path, prompt: &str) -> Output {
    let scenario = file(&format!("{}.yaml", folder.file_name().unwrap().display()), HELLO);
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"{prompt}"}}]}}]}}"#);
    let ask = format!("curl -s \"$AWS_ENDPOINT_URL/s/mine@1/model/m/converse\" -d '{body}'");
    // The session is bound to the scenario by its name.
    let name = Path::new(&scenario).file_stem().unwrap().display().to_string();
    let ask = ask.replace("mine", &name);
    run(&["run", &scenario, "--snapshots", &folder.display().to_string(), "--", "sh", "-c", &ask])
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().display().to_string())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_snapshot_fails_the_run_until_it_is_accepted_and_then_a_difference_does() {
    let folder = folder("snapshots-accept");
    let path = folder.display().to_string();
    let first = suite(&folder, "Hi");
    assert_eq!(code(&first), 1);
    assert!(
        text(&first.stderr).contains("is new: accept it with `faultline review`"),
        "{}",
        text(&first.stderr)
    );
    assert_eq!(files(&folder), ["snapshots-accept@1.snap.new"]);

    assert_eq!(code(&run(&["review", &path])), 1, "without a terminal nothing is decided");
    assert_eq!(code(&run(&["review", &path, "--accept"])), 0);
    assert_eq!(files(&folder), ["snapshots-accept@1.snap"]);
    assert_eq!(code(&suite(&folder, "Hi")), 0, "the same run again is as accepted");

    let other = suite(&folder, "Bye");
    assert_eq!(code(&other), 1);
    let said = text(&other.stderr);
    assert!(
        said.contains("-          \"text\": \"Hi\"") && said.contains("+          \"text\": \"Bye\""),
        "{said}"
    );
    assert_eq!(code(&run(&["review", &path, "--reject"])), 0);
    assert_eq!(files(&folder), ["snapshots-accept@1.snap"]);
}

#[test]
fn a_pending_snapshot_goes_away_when_the_run_is_as_accepted_again() {
    let folder = folder("snapshots-again");
    suite(&folder, "Hi");
    run(&["review", &folder.display().to_string(), "--accept"]);
    suite(&folder, "Bye");
    assert_eq!(files(&folder), ["snapshots-again@1.snap", "snapshots-again@1.snap.new"]);
    suite(&folder, "Hi");
    assert_eq!(files(&folder), ["snapshots-again@1.snap"]);
}

#[test]
fn an_accepted_snapshot_that_nothing_belongs_to_is_named() {
    let folder = folder("snapshots-unreached");
    suite(&folder, "Hi");
    run(&["review", &folder.display().to_string(), "--accept"]);
    std::fs::write(folder.join("gone.snap"), "---\nsource: faultline run\n---\nold\n").unwrap();
    let output = suite(&folder, "Hi");
    assert_eq!(code(&output), 0, "a part of a suite is no failure");
    assert!(
        text(&output.stderr).contains("gone.snap: nothing in this run belongs to it"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn the_text_holds_the_request_and_the_answer_and_nothing_of_the_moment() {
    let folder = folder("snapshots-text");
    suite(&folder, "It is 2026-01-31T10:20:30Z on 127.0.0.1:4566");
    let text = std::fs::read_to_string(folder.join("snapshots-text@1.snap.new")).unwrap();
    insta::assert_snapshot!(text);
}
