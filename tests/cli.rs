//! The command line as its users see it: golden runs, exit codes, bad input, signals, machine-readable twins.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "support/corpus.rs"]
mod support;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn faultline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultline"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("FAULTLINE_LOG")
        .env("NO_COLOR", "1");
    command
}

fn run(arguments: &[&str]) -> Output {
    faultline(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A scenario file of this test's own.
fn file(name: &str, text: &str) -> String {
    let path = temporary(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

const HELLO: &str = "faultline: 1\nreplies: [{ message: [{ text: Hello. }] }]\nexpect: { calls: 1 }\n";

/// One Converse request by curl, as a command for `run`.
const ASK: &str = r#"curl -s "$AWS_ENDPOINT_URL/model/m/converse" -d '{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}'"#;

#[test]
fn usage_errors_exit_with_2_and_one_clear_sentence() {
    for arguments in [
        &["bogus"][..],
        &["serve", "--port", "99999"],
        &["serve", "--speed", "fast"],
        &["run"],
        &["env", "localhost"],
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(text(&output.stderr).starts_with("error: "), "{arguments:?}: {}", text(&output.stderr));
    }
    let output = run(&["run", "examples/two_tools.yaml", "--", "no-such-command"]);
    assert_eq!(code(&output), 2);
    assert!(
        text(&output.stderr).contains("`no-such-command` cannot be started: No such file"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn bad_scenarios_exit_with_3_wherever_they_are_given() {
    for arguments in [
        &["check", "examples/broken.yaml"][..],
        &["serve", "examples/broken.yaml"],
        &["explain", "examples/broken.yaml"],
        &["run", "examples/broken.yaml", "--", "true"],
        &["demo", "examples/broken.yaml"],
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 3, "{arguments:?}");
        let said = text(&output.stderr);
        for problem in ["unknown key `abuot`", "`3 lightyears` is no duration", "did you mean `reset`?"] {
            assert!(said.contains(problem), "{arguments:?} lacks {problem}:\n{said}");
        }
    }
}

#[test]
fn a_path_that_cannot_be_read_is_said_in_one_line() {
    let output = run(&["serve", "no/such/folder"]);
    assert_eq!(code(&output), 3);
    assert_eq!(
        text(&output.stderr),
        "faultline: no/such/folder: cannot be read: No such file or directory (os error 2)\n"
    );
}

#[test]
fn check_has_a_machine_readable_twin() {
    let output = run(&["check", "--output", "json", "examples/broken.yaml", "examples/two_tools.yaml"]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), verdict["sound"].as_u64()), (3, Some(1)));
    let problem = &verdict["bad"][0]["problems"][0];
    assert_eq!(
        (problem["line"].as_u64(), problem["hint"].as_str()),
        (Some(2), Some("did you mean `about`?"))
    );
}

#[test]
fn the_built_in_library_is_sound_and_listed() {
    let output = run(&["check", "scenarios/library"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let listed = text(&run(&["list"]).stdout);
    assert!(listed.contains("stream/\n") && listed.contains("stream/no_stop"), "{listed}");
}

#[test]
fn the_schema_is_the_one_that_the_loader_enforces() {
    let schema: Value = serde_json::from_slice(&run(&["schema"]).stdout).unwrap();
    assert_eq!(schema, faultline_scenarios::schema::schema());
    assert!(schema["properties"]["replies"].is_object());
}

#[test]
fn explain_prints_the_plan_of_every_reply_and_fault() {
    let output = run(&["explain", "examples/two_tools.yaml"]);
    insta::assert_snapshot!(text(&output.stdout));
    assert_eq!(code(&run(&["explain", "--only", "nothing like it"])), 2);
}

#[test]
fn env_speaks_every_dialect() {
    let lines = |format: &str| {
        text(&run(&["env", "https://127.0.0.1:1", "--ca", "/tmp/a b.pem", "--format", format]).stdout)
    };
    let all =
        ["sh", "fish", "dotenv", "github"].map(|format| format!("--- {format}\n{}", lines(format))).concat();
    insta::assert_snapshot!(all);
}

#[test]
fn run_passes_when_the_command_and_the_expectations_do() {
    let scenario = file("run-passes.yaml", HELLO);
    let (junit, json) = (temporary("run.xml"), temporary("run.json"));
    let output = run(&[
        "run",
        &scenario,
        "--junit",
        junit.to_str().unwrap(),
        "--json",
        json.to_str().unwrap(),
        "--",
        "sh",
        "-c",
        ASK,
    ]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Hello."));
    assert_eq!(text(&output.stderr), "faultline: passed: 1 request, 1 scenario played\n");
    let verdict: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!((&verdict["passed"], &verdict["requests"]), (&Value::Bool(true), &Value::from(1)));
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains(r#"tests="3""#) && junit.contains(r#"failures="0""#), "{junit}");
}

#[test]
fn run_fails_for_each_reason_and_names_it() {
    let scenario = file("run-fails.yaml", HELLO);
    let two_calls = format!("{ASK}; {ASK}");
    let more = r#""Hi"}]},{"role":"assistant","content":[{"text":"a"}]},{"role":"user","content":[{"text":"b"}]}]}'"#;
    let turn_two = ASK.replace(r#""Hi"}]}]}'"#, more);
    let unknown = r#"curl -s -XPOST "$AWS_ENDPOINT_URL/bogus""#.to_owned();
    for (script, reason) in [
        (format!("{ASK}; exit 7"), "the command failed with exit code 7"),
        (two_calls, "2 requests arrived, 1 were expected"),
        (turn_two, "was unmatched: nearest is `run-fails`: it has 1 replies, the request asks for turn 2"),
        ("true".to_owned(), "no request arrived"),
        (format!("{ASK}; {unknown}"), "POST /bogus is no operation of Bedrock Runtime"),
    ] {
        let output = run(&["run", &scenario, "--", "sh", "-c", &script]);
        assert_eq!(code(&output), 1, "{script}");
        assert!(text(&output.stderr).contains(reason), "{script}: {}", text(&output.stderr));
    }
}

#[test]
fn run_tells_the_command_where_to_go_and_takes_away_what_would_win() {
    let scenario = file("run-env.yaml", HELLO);
    let output = faultline(&["run", &scenario, "--tls", "--", "sh", "-c", "env; exec true"])
        .env("AWS_PROFILE", "real")
        .env("AWS_BEARER_TOKEN_BEDROCK", "secret")
        .output()
        .unwrap();
    let said = text(&output.stdout);
    let value =
        |name: &str| said.lines().find_map(|line| line.strip_prefix(&format!("{name}=")).map(str::to_owned));
    assert!(value("AWS_ENDPOINT_URL_BEDROCK_RUNTIME").unwrap().starts_with("https://127.0.0.1:"));
    for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
        assert!(value(name).unwrap().ends_with(".pem"), "{name}");
    }
    assert_eq!((value("AWS_PROFILE"), value("AWS_BEARER_TOKEN_BEDROCK")), (None, None));
}

#[test]
fn run_passes_signals_on_to_the_command() {
    let scenario = file("run-signal.yaml", HELLO);
    let script = "trap 'echo told; exit 0' TERM; echo ready; i=0; while [ $i -lt 400 ]; do sleep 0.05; i=$((i+1)); done";
    let mut child = faultline(&["run", &scenario, "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    terminate(&child);
    assert_eq!(lines.next().unwrap().unwrap(), "told");
    // Nothing arrived, so the run has failed; the point is that it ended by itself.
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

fn terminate(child: &Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn serve_prints_where_it_listens_answers_and_stops_when_told() {
    let scenario = file("serve.yaml", HELLO);
    let mut child = faultline(&["serve", &scenario, "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let address = said["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    assert!(request(&address, "GET", "/_faultline/health").starts_with("HTTP/1.1 200"));
    let answer = request(&address, "POST", "/model/m/converse");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Hello."), "{answer}");

    let taken = run(&["serve", &scenario, "--port", address.rsplit(':').next().unwrap()]);
    assert_eq!(code(&taken), 4);
    assert!(text(&taken.stderr).contains("is taken: stop the other program"), "{}", text(&taken.stderr));

    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn request(address: &str, method: &str, path: &str) -> String {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#;
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn serve_refuses_a_public_address_unless_asked() {
    let output = run(&["serve", "examples/two_tools.yaml", "--host", "0.0.0.0"]);
    assert_ne!(code(&output), 0);
    assert!(text(&output.stderr).contains("--public"), "{}", text(&output.stderr));
}

#[test]
fn the_demo_writes_its_report_and_data_and_fails_when_an_arm_does() {
    let (html, json) = (temporary("demo.html"), temporary("demo.json"));
    let arguments = ["--report", html.to_str().unwrap(), "--json", json.to_str().unwrap()];
    let output = run(&[&["demo", "examples/two_tools.yaml"][..], &arguments].concat());
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("2 of 2 runs passed"));
    assert!(std::fs::read_to_string(&html).unwrap().starts_with("<!DOCTYPE html>"));
    let data: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(data["cases"][0]["arms"].as_array().unwrap().len(), 2);

    let wrong = file(
        "demo-wrong.yaml",
        "faultline: 1\nprompt: Hi\nreplies: [{ message: [{ text: Hello. }] }]\nexpect: { text: [Goodbye] }\n",
    );
    let output = run(&[&["demo", &wrong][..], &arguments].concat());
    assert_eq!(code(&output), 1);
    assert!(text(&output.stdout).contains("0 of 2 runs passed"), "{}", text(&output.stdout));
}

#[test]
fn the_demo_plays_every_recording_to_the_events_that_were_recorded() {
    let Some(corpus) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let corpus = corpus.display().to_string();
    let (html, json) = (temporary("corpus.html"), temporary("corpus.json"));
    let reports = ["--report", html.to_str().unwrap(), "--json", json.to_str().unwrap()];
    let output = run(&[&["demo", "examples/two_tools.yaml", "--corpus", &corpus][..], &reports].concat());
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let data: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let replays = data["replays"].as_array().unwrap();
    let identical = replays.iter().filter(|replay| replay["identical"] == true).count();
    let frames: u64 = replays.iter().map(|replay| replay["frames"].as_u64().unwrap()).sum();
    assert_eq!((identical, replays.len(), frames), (111, 111, 3714));
}

#[test]
fn a_folder_of_recordings_is_served_byte_for_byte() {
    let Some(corpus) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let corpus = corpus.display().to_string();
    let fetch = r#"for id in rg001 oi003 tl014; do curl -s "$AWS_ENDPOINT_URL/s/$id/model/m/converse-stream" -d '{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}' | cmp - "$CORPUS/es/$id.es" || exit 9; done"#;
    let output =
        faultline(&["run", &corpus, "--", "sh", "-c", fetch]).env("CORPUS", &corpus).output().unwrap();
    assert_eq!(code(&output), 0, "{}{}", text(&output.stdout), text(&output.stderr));
}
