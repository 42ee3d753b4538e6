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
    suite_of(folder, HELLO, "converse", prompt)
}

/// The same with another scenario and operation.
fn suite_of(folder: &Path, scenario: &str, operation: &str, prompt: &str) -> Output {
    let scenario = file(&format!("{}.yaml", folder.file_name().unwrap().display()), scenario);
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"{prompt}"}}]}}]}}"#);
    let ask = format!("curl -s \"$AWS_ENDPOINT_URL/s/mine@1/model/m/{operation}\" -d '{body}'");
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

#[test]
fn another_answer_of_the_same_length_is_noticed_and_shown() {
    let stream = "faultline: 1\nreplies: [{ message: [{ text: Hello dear reader of this. }] }]\n";
    let broken = "faultline: 1\nreplies: [{ message: [{ text: a }] }]\nfaults: [{ do: { throttle: { message: Slow. } } }]\n";
    for (operation, scenario, old, new, shown) in [
        ("converse", HELLO, "Hello.", "Jello.", "+          \"text\": \"Jello.\""),
        ("converse", broken, "Slow.", "Fast.", "+  \"message\": \"Fast.\""),
        ("converse-stream", stream, "of this", "of that", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\""),
    ] {
        let folder = folder(&format!("snapshots-answer-{operation}-{}", &new[..4]).replace(' ', "-"));
        suite_of(&folder, scenario, operation, "Hi");
        run(&["review", &folder.display().to_string(), "--accept"]);
        assert_eq!(code(&suite_of(&folder, scenario, operation, "Hi")), 0, "{operation}");
        let output = suite_of(&folder, &scenario.replace(old, new), operation, "Hi");
        let said = text(&output.stderr);
        assert_eq!(code(&output), 1, "{said}");
        assert!(said.contains(shown) && said.contains("1 scenario played, 1 snapshot undecided\n"), "{said}");
    }
}

#[test]
fn a_stream_is_shown_as_one_line_an_event_without_padding() {
    let folder = folder("snapshots-stream");
    suite_of(&folder, HELLO, "converse-stream", "Hi");
    let text = std::fs::read_to_string(folder.join("snapshots-stream@1.snap.new")).unwrap();
    let (_, content) = text.split_once("-- content --\n").unwrap();
    insta::assert_snapshot!(content);
}

#[test]
fn a_snapshot_that_was_checked_out_with_other_line_ends_is_as_accepted() {
    let folder = folder("snapshots-crlf");
    suite(&folder, "Hi");
    run(&["review", &folder.display().to_string(), "--accept"]);
    let path = folder.join("snapshots-crlf@1.snap");
    let text = std::fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
    std::fs::write(&path, text).unwrap();
    assert_eq!(code(&suite(&folder, "Hi")), 0);
}

#[test]
fn sessions_that_look_alike_have_files_of_their_own() {
    let folder = folder("snapshots-alike");
    let scenario = file("alike.yaml", HELLO);
    let body = r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#;
    let ask = "for s in alike@a%2Fb alike@a__b alike@a%2Bb; do curl -s \"$AWS_ENDPOINT_URL/s/$s/model/m/converse\" -d '{body}'; done";
    let ask = ask.replace("{body}", body);
    let path = folder.display().to_string();
    let output = run(&["run", &scenario, "--snapshots", &path, "--", "sh", "-c", &ask]);
    assert_eq!(files(&folder), ["alike@a%2Bb.snap.new", "alike@a+b.snap.new", "alike@a__b.snap.new"]);
    let last = "FAILED: 3 requests, 1 scenario played in 3 sessions, 3 snapshots undecided\n";
    assert!(text(&output.stderr).ends_with(last), "{}", text(&output.stderr));
}
