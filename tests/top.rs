//! `faultline top`: what a collector has kept, on a terminal.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    dead_code,
    reason = "a test fails by panicking; shared helpers"
)]

#[path = "support/command.rs"]
mod command;
#[path = "support/served.rs"]
mod served;

use command::{code, faultline, run, temporary, text};
use served::Served;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

/// A store with one run of the agent in it; the collector has ended.
fn store(name: &str) -> String {
    let path = temporary(name).display().to_string();
    for of in ["", "-wal", "-shm", "-lock", ".lock"] {
        let _ = std::fs::remove_file(format!("{path}{of}"));
    }
    let collector = Served::start(&mut faultline(&["collect", "--store", &path, "--json"]));
    let prompt = "Where are orders A-10293 and B-4410?";
    let agent = ["run", "examples/two_tools.yaml", "--", env!("CARGO_BIN_EXE_faultline"), "agent", prompt];
    let output =
        faultline(&agent).env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.said("http")).output().unwrap();
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    collector.stop();
    path
}

#[test]
fn one_picture_has_calls_latency_tools_and_traces() {
    let output = run(&["top", &store("top-once.db"), "--once", "--last", "1h"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let picture = text(&output.stdout);
    for part in [
        "the last 1 h   2 model calls, 0 failed",
        "1 throttled   1 sent once more   spans that failed: ThrottlingException 1",
        "34 read, 68 written",
        "stream: first text",
        "get_order_status",
        "invoke_agent faultline",
    ] {
        assert!(picture.contains(part), "{part} in\n{picture}");
    }
}

#[test]
fn on_a_terminal_it_draws_hears_keys_and_leaves_the_terminal_as_it_was() {
    if Command::new("script").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("FAULTLINE_REQUIRE_ALL").is_none(),
            "FAULTLINE_REQUIRE_ALL is set, but no `script`"
        );
        return eprintln!("skipped: no `script` (util-linux) to make a terminal with");
    }
    let store = store("top-live.db");
    let top = format!("{} top {store} --last 1h", env!("CARGO_BIN_EXE_faultline"));
    // A test that waits for what does not come ends all the same.
    let mut terminal = Command::new("timeout")
        .args(["30", "script", "-qec", &format!("stty rows 40 cols 140; {top}"), "/dev/null"])
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Between words there are movements of the cursor, not blanks.
    let (mut keys, mut screen) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    let mut until = |part: &str, seen: &mut String| {
        let mut bytes = [0; 4096];
        while !seen.contains(part) {
            let count = screen.read(&mut bytes).unwrap();
            assert!(count > 0, "no {part} in {seen:?}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    };
    let mut seen = String::new();
    until("quit", &mut seen);
    assert!(seen.contains("\u{1b}[?1049h") && seen.contains("invoke_agent"), "{seen:?}");
    keys.write_all(b"e").unwrap();
    until("with", &mut seen);
    keys.write_all(b"q").unwrap();
    until("\u{1b}[?1049l", &mut seen);
    assert!(terminal.wait().unwrap().success());
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let output = run(&["top", &store("top-none.db")]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("--once prints one picture"), "{}", text(&output.stderr));
}
