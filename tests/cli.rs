//! The command line as its users see it: golden runs, exit codes, bad input, signals, machine-readable twins.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
mod command;
#[path = "support/corpus.rs"]
mod support;

use command::{code, faultline, file, run, temporary, text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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
        &["env", "http://127.0.0.1:1\nAWS_PROFILE=x"],
        &["env", "http://127.0.0.1 :1"],
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
    assert!(listed.contains("\ntransport/ ") && listed.contains("  transport/eof_no_stop "), "{listed}");
    assert!(
        listed.contains("\n  exceptions/positions (21 combinations) "),
        "a file of parameters is one line"
    );
    let files: Value = serde_json::from_slice(&run(&["list", "--output", "json"]).stdout).unwrap();
    let positions =
        files.as_array().unwrap().iter().find(|file| file["name"] == "exceptions/positions").unwrap();
    assert_eq!((&positions["group"], &positions["id"]), (&json!("exceptions"), &json!("exc-swallowed")));
    assert_eq!(positions["scenarios"][1], "exceptions/positions/throttlingException/after_message_start");
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
        (turn_two, "was unmatched: nearest is `run-fails`: it has 1 reply, the request asks for turn 2"),
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
        .env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
        .env("AWS_USE_FIPS_ENDPOINT", "true")
        .env("AWS_USE_DUALSTACK_ENDPOINT", "true")
        .output()
        .unwrap();
    let said = text(&output.stdout);
    let value =
        |name: &str| said.lines().find_map(|line| line.strip_prefix(&format!("{name}=")).map(str::to_owned));
    assert!(value("AWS_ENDPOINT_URL_BEDROCK_RUNTIME").unwrap().starts_with("https://127.0.0.1:"));
    for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
        assert!(value(name).unwrap().ends_with(".pem"), "{name}");
    }
    for name in [
        "AWS_PROFILE",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
    ] {
        assert_eq!(value(name), None, "{name}");
    }
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
    tell(&child, "-TERM");
    assert_eq!(lines.next().unwrap().unwrap(), "told");
    // Nothing arrived, so the run has failed; the point is that it ended by itself.
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

fn tell(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
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

    tell(&child, "-TERM");
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

/// A pipe that nobody reads.
fn unread() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    for (arguments, exit) in [
        (&["list"][..], 0),
        (&["schema"], 0),
        (&["explain"], 0),
        (&["env", "http://127.0.0.1:1"], 0),
        (&["check", "examples/two_tools.yaml"], 0),
        (&["serve", "examples/two_tools.yaml"], 0),
        (&["check", "examples/broken.yaml", "--output", "lines"], 3),
    ] {
        let output = faultline(arguments).stdout(unread()).stderr(Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        assert_eq!((code(&output), text(&output.stderr)), (exit, String::new()), "{arguments:?}");
    }
    let deaf = faultline(&["check", "examples/broken.yaml"]).stdout(unread()).stderr(unread()).status();
    assert_eq!(deaf.unwrap().code(), Some(3));
}

#[test]
fn a_full_disk_is_our_failure_in_one_sentence() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = faultline(&["list"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    assert_eq!(code(&output), 4);
    assert!(text(&output.stderr).starts_with("faultline: standard output cannot be written: No space"));
}

#[test]
fn the_demo_takes_arguments_that_are_no_text() {
    let scenario = temporary("").join(std::ffi::OsStr::from_bytes(b"demo-\xff.yaml"));
    std::fs::copy("examples/two_tools.yaml", &scenario).unwrap();
    let report = temporary("no-text.html");
    let output = faultline(&["demo", "--report", report.to_str().unwrap()]).arg(&scenario).output().unwrap();
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_anything_runs() {
    let scenario = file("unwritable.yaml", HELLO);
    let marker = folder("unwritable").join("ran");
    let touch = ["--", "touch", marker.to_str().unwrap()];
    let page = temporary("unwritable.html").display().to_string();
    for arguments in [
        [&["run", &scenario, "--junit", "no/such/file"][..], &touch].concat(),
        [&["run", &scenario, "--json", "no/such/file"][..], &touch].concat(),
        vec!["demo", &scenario, "--report", "no/such/file"],
        vec!["demo", &scenario, "--report", &page, "--json", "no/such/file"],
    ] {
        let output = run(&arguments);
        assert_eq!(code(&output), 4, "{arguments:?}");
        assert_eq!(
            text(&output.stderr),
            "faultline: no/such/file: cannot be written: No such file or directory (os error 2)\n"
        );
        assert!(output.stdout.is_empty() && !marker.exists(), "{arguments:?} ran something");
    }
}

#[test]
fn a_report_that_fails_later_does_not_take_the_verdict_with_it() {
    let scenario = file("full.yaml", HELLO);
    let output = run(&["run", &scenario, "--junit", "/dev/full", "--", "sh", "-c", ASK]);
    let said = text(&output.stderr);
    assert_eq!(code(&output), 4);
    assert!(
        said.starts_with("faultline: passed: 1 request, 1 scenario played\nfaultline: /dev/full: "),
        "{said}"
    );
    let output = run(&["demo", "examples/two_tools.yaml", "--report", "/dev/full"]);
    assert_eq!(code(&output), 4);
    assert!(text(&output.stdout).contains("2 of 2 runs passed"), "{}", text(&output.stdout));
}

/// Says how often it was interrupted, and ends a while after the first time. `wait` lets the trap run at once.
const COUNT_INTERRUPTS: &str = "trap 'echo interrupted; end=1' INT; sleep 20 & echo ready; \
    while [ -z \"$end\" ]; do wait; done; sleep 1 & last=$!; while kill -0 $last 2>/dev/null; do wait $last; done; kill %1; echo over";

fn interrupts(output: impl Read, interrupt: impl FnOnce()) -> usize {
    let mut lines =
        BufReader::new(output).lines().map(|line| line.unwrap().trim().trim_start_matches("^C").to_owned());
    assert!(lines.any(|line| line == "ready"));
    interrupt();
    lines.take_while(|line| line != "over").filter(|line| line == "interrupted").count()
}

#[test]
fn an_interrupt_to_us_alone_reaches_the_command() {
    let scenario = file("kill-int.yaml", HELLO);
    // In a group of its own: else a terminal that these tests were started from has us in its foreground.
    let mut child = faultline(&["run", &scenario, "--", "sh", "-c", COUNT_INTERRUPTS])
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    assert_eq!(interrupts(output, || tell(&child, "-INT")), 1);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_in_a_terminal_reaches_the_command_once() {
    let scenario = file("ctrl-c.yaml", HELLO);
    let line = format!("exec {} run {scenario} -- sh -c \"$SCRIPT\"", env!("CARGO_BIN_EXE_faultline"));
    // `script` runs a command in a terminal of its own.
    let mut terminal = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("SCRIPT", COUNT_INTERRUPTS)
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, screen) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    assert_eq!(interrupts(screen, || keys.write_all(b"\x03").unwrap()), 1);
    drop(keys);
    terminal.wait().unwrap();
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = temporary(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Records what the scenario `HELLO` streams.
fn record(path: &Path) {
    let scenario = file("recorded.yaml", HELLO);
    let stream = ASK.replace("/converse\"", "/converse-stream\"");
    let output = run(&["run", &scenario, "--", "sh", "-c", &stream]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    std::fs::write(path, output.stdout).unwrap();
}

#[test]
fn recordings_load_alone_and_beside_scenarios() {
    let mixed = folder("mixed");
    std::fs::write(mixed.join("written.yaml"), HELLO).unwrap();
    let recording = mixed.join("spoken.es");
    record(&recording);
    let listed = text(&run(&["list", mixed.to_str().unwrap()]).stdout);
    assert!(listed.contains("  spoken") && listed.contains("  written"), "{listed}");
    assert!(listed.ends_with("\n2 scenarios\n"), "{listed}");

    let path = recording.display().to_string();
    let again = ASK.replace("/converse\"", "/converse-stream\"");
    let output = run(&["run", &path, "--", "sh", "-c", &again]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(output.stdout == std::fs::read(&recording).unwrap());

    let checked = run(&["check", mixed.to_str().unwrap(), &path]);
    assert_eq!((code(&checked), &*text(&checked.stdout)), (0, "3 scenarios, no problems\n"));
}

#[test]
fn every_bad_recording_is_named() {
    let bad = folder("bad-recordings");
    std::fs::write(bad.join("one.es"), "no frames here").unwrap();
    std::fs::write(bad.join("two.es"), "nor are there here").unwrap();
    std::fs::write(bad.join("three.yaml"), "faultline: 1\nreplise: []\n").unwrap();
    let path = bad.to_str().unwrap();
    for (arguments, bad) in [
        (&["check", path][..], &["one.es: no event stream", "two.es: no event stream", "replise"][..]),
        (&["serve", path], &["one.es: no event stream", "two.es: no event stream", "replise"]),
        (&["demo", "examples/two_tools.yaml", "--corpus", path], &["one.es: no event", "two.es: no event"]),
        (&["serve", "no/such/file.es"], &["no/such/file.es: cannot be read"]),
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 3, "{arguments:?}");
        let said = text(&output.stderr);
        bad.iter().for_each(|name| assert!(said.contains(name), "{arguments:?} lacks {name}: {said}"));
    }
}

#[test]
fn two_scenarios_of_one_name_are_refused() {
    let (one, two) = (folder("twice-1"), folder("twice-2"));
    for path in [one.join("same.yaml"), two.join("same.yaml"), two.join("other.yaml")] {
        std::fs::write(path, HELLO).unwrap();
    }
    let (one, two) = (one.to_str().unwrap(), two.to_str().unwrap());
    let output = run(&["list", one, two]);
    assert_eq!(code(&output), 3);
    assert_eq!(
        text(&output.stderr),
        format!(
            "faultline: two scenarios are called `same`, one of {one} and one of {two}: rename one, or load the folder above both\n"
        )
    );
    std::fs::write(format!("{one}/same.yml"), HELLO).unwrap();
    assert_eq!(code(&run(&["check", one])), 3);
    std::fs::write(format!("{two}/two_tools.es"), "").unwrap();
    let output = run(&["demo", "examples/two_tools.yaml", "--corpus", two]);
    assert_eq!(code(&output), 3);
    assert!(text(&output.stderr).contains("another is called `two_tools`"), "{}", text(&output.stderr));
}

#[test]
fn improvising_does_not_empty_the_demo_and_the_lists() {
    let listed = |arguments: &[&str]| text(&run(arguments).stdout);
    assert_eq!(listed(&["list", "--improvise"]), listed(&["list"]));
    let report = temporary("improvise.html").display().to_string();
    let output = run(&["demo", "--improvise", "--report", &report]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let shown = text(&output.stdout);
    assert!(shown.contains(" runs passed") && !shown.contains("0 of 0 runs passed"), "{shown}");
    // A server that improvises has nothing to play.
    let output = run(&["run", "--improvise", "--", "sh", "-c", ASK]);
    assert_eq!(text(&output.stderr), "faultline: passed: 1 request, 0 scenarios played\n");
}

#[test]
fn a_log_filter_that_makes_no_sense_is_a_usage_error() {
    let output = run(&["--log", "a=b=c", "list"]);
    assert_eq!((code(&output), output.stdout.len()), (2, 0));
    let said = text(&output.stderr);
    assert!(said.starts_with("faultline: the log filter `a=b=c` makes no sense"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn a_log_that_goes_to_no_terminal_has_no_colours() {
    let report = temporary("log.html").display().to_string();
    let output = faultline(&["--log", "debug", "demo", "examples/two_tools.yaml", "--report", &report])
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("DEBUG") && !said.contains('\x1b'), "{said}");
}

#[test]
fn the_ca_in_the_temporary_folder_is_private_and_removed_at_the_end() {
    use std::os::unix::fs::PermissionsExt;
    let temp = folder("ca");
    let scenario = file("ca.yaml", HELLO);
    let files = || std::fs::read_dir(&temp).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut child = faultline(&["serve", &scenario, "--json", "--tls"])
        .env("TMPDIR", &temp)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(files(), [PathBuf::from(said["ca"].as_str().unwrap())]);
    assert_eq!(std::fs::metadata(&files()[0]).unwrap().permissions().mode() & 0o777, 0o600);
    tell(&child, "-INT");
    assert_eq!((child.wait().unwrap().code(), files().len()), (Some(0), 0));

    let trusted = ASK.replace("curl -s", r#"curl -s --cacert "$SSL_CERT_FILE""#);
    let output =
        faultline(&["run", &scenario, "--tls", "--", "sh", "-c", &trusted]).env("TMPDIR", &temp).output();
    assert_eq!((code(&output.unwrap()), files().len()), (0, 0));

    let (asked, name) = (temp.join("asked.pem"), temp.join("asked.pem").display().to_string());
    let output = run(&["run", &scenario, "--tls", "--ca", &name, "--", "sh", "-c", &trusted]);
    assert_eq!((code(&output), asked.exists()), (0, true));
}

#[test]
fn env_says_that_tls_needs_the_ca() {
    let hint = |arguments: &[&str]| text(&run(arguments).stderr);
    assert!(hint(&["env", "https://127.0.0.1:1"]).contains("`--ca`"));
    assert_eq!(hint(&["env", "https://127.0.0.1:1", "--ca", "ca.pem"]), "");
    assert_eq!(hint(&["env", "http://127.0.0.1:1"]), "");
}

#[test]
fn one_scenario_is_listed_in_the_singular_and_shares_are_said_in_words() {
    let listed = text(&run(&["list", "examples/two_tools.yaml"]).stdout);
    assert!(listed.ends_with("\n1 scenario\n"), "{listed}");
    let third = file("third.yaml", &format!("{HELLO}faults: [{{ do: reset, at: end, every: 3 }}]\n"));
    let explained = text(&run(&["explain", &third]).stdout);
    assert!(explained.contains(", one of every 3"), "{explained}");
}

#[test]
fn a_server_for_all_addresses_prints_one_that_can_be_reached() {
    let scenario = file("public.yaml", HELLO);
    let mut child = faultline(&["serve", &scenario, "--host", "0.0.0.0", "--public"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let (_, address) = first.split_once(" at http://").unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{first}");
    assert!(request(address, "GET", "/_faultline/health").starts_with("HTTP/1.1 "), "{first}");
    assert!(lines.next().unwrap().contains("listens on all addresses"));
    tell(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
