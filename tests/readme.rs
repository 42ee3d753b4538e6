//! The README stays true: every command in it is run, every output in it is compared.
//!
//! In a ```` ```console ```` block a line that starts with `$ ` is a command and the lines after it are its output. Numbers
//! and runs of spaces are compared as such, not by value, but "N of N" stays all of them; a line `…` stands for any lines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Commands that are this very suite or a build of it: each is held to elsewhere, see `ci_runs_the_readmes_commands`.
const BY_CI: [&str; 2] = ["cargo run --release -- demo", "cargo test --workspace"];

struct Example {
    command: String,
    output: Vec<String>,
}

#[test]
fn every_command_gives_the_output_shown() {
    let mut problems = Vec::new();
    for example in examples().iter().filter(|example| !BY_CI.contains(&example.command.as_str())) {
        let shown: Vec<String> = example.output.iter().map(|line| normal(line)).collect();
        let real: Vec<String> = run(&example.command, shown.len()).iter().map(|line| normal(line)).collect();
        if !alike(&shown, &real) {
            problems.push(format!(
                "$ {}\nshown:\n{}\nreal:\n{}",
                example.command,
                shown.join("\n"),
                real.join("\n")
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn ci_runs_the_readmes_commands() {
    let commands: Vec<String> = examples().into_iter().map(|example| example.command).collect();
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    for command in BY_CI {
        assert!(commands.iter().any(|shown| shown == command), "the README does not show `{command}`");
        assert!(ci.contains(command), ".ci/run does not run `{command}`");
    }
}

#[test]
fn the_scenario_shown_is_the_example() {
    let readme = readme();
    let shown = readme.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(shown, std::fs::read_to_string(root().join("examples/two_tools.yaml")).unwrap());
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for block in readme().split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => examples.push(Example { command: command.to_owned(), output: Vec::new() }),
                None => examples.last_mut().unwrap().output.push(line.to_owned()),
            }
        }
    }
    assert!(examples.len() >= 7, "the README lost its examples");
    examples
}

/// Runs a command as a reader would: in the project's folder, with `faultline` on the path. What serves until it is
/// stopped is stopped once it has printed as many lines as are shown.
fn run(command: &str, lines: usize) -> Vec<String> {
    let serving = [
        "faultline serve",
        "faultline tools",
        "faultline collect",
        "faultline agent serve",
        "faultline agent worker",
    ];
    let serves = serving.iter().any(|known| command.starts_with(known));
    let folder =
        if command == "faultline demo" { PathBuf::from(env!("CARGO_TARGET_TMPDIR")) } else { root() };
    let mut child = Command::new("sh")
        .args(["-c", &format!("{}{command} 2>&1", if serves { "exec " } else { "" })])
        .current_dir(folder)
        .env("PATH", path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let printed: Vec<String> = if serves { output.take(lines).collect() } else { output.collect() };
    if serves {
        child.kill().unwrap();
    }
    child.wait().unwrap();
    // Progress on standard error is not what the README shows.
    printed.into_iter().filter(|line| !is_progress(line)).collect()
}

fn is_progress(line: &str) -> bool {
    let counts = line.split_whitespace().next().and_then(|word| word.split_once('/'));
    let counted = counts.is_some_and(|(done, all)| done.parse::<u32>().is_ok() && all.parse::<u32>().is_ok());
    counted || line.starts_with("scenarios to play") || line.starts_with("faultline: the agent ")
}

fn path() -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_faultline")).parent().unwrap().display().to_string();
    format!("{binary}:{}", std::env::var("PATH").unwrap())
}

#[test]
fn a_part_is_not_the_whole() {
    let shown = normal("144 of 144 runs passed; 72 scenarios, 257 requests, 5.82 s");
    assert_eq!(shown, normal("146 of 146 runs passed; 73 scenarios, 260 requests, 611 ms"));
    assert_ne!(shown, normal("3 of 144 runs passed; 72 scenarios, 257 requests, 5.82 s"));
    assert_ne!(shown, normal("0 of 0 runs passed; 0 scenarios, 0 requests, 1 ms"));
}

/// Numbers lose their value, spaces their length, units of time their scale, paths their folders.
fn normal(line: &str) -> String {
    let line = all_of_them(line);
    let words = line.split_whitespace().map(|word| {
        let digits = word.split(|c: char| c.is_ascii_digit()).filter(|rest| !rest.is_empty() && *rest != ".");
        let rest = digits.collect::<Vec<_>>().join("0");
        match word.trim_matches(['(', ')', ',']) {
            "ms" | "s" => "time".to_owned(),
            number if number.chars().all(|c| c.is_ascii_digit() || ".,".contains(c)) => "0".to_owned(),
            _ if word.contains(|c: char| c.is_ascii_digit()) => format!("{rest}0"),
            _ => word.to_owned(),
        }
    });
    let out = words.collect::<Vec<_>>().join(" ");
    match out.strip_prefix("report: ") {
        Some(path) => format!("report: {}", path.rsplit('/').next().unwrap()),
        None => out,
    }
}

/// `7 of 7` as `all of all`; `0 of 0` is nothing, and `3 of 7` a part.
fn all_of_them(line: &str) -> String {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    for at in 1..words.len().saturating_sub(1) {
        let number = words[at - 1].parse().unwrap_or(0_u64);
        if words[at] == "of" && number > 0 && words[at + 1] == words[at - 1] {
            (words[at - 1], words[at + 1]) = ("all", "all");
        }
    }
    words.join(" ")
}

/// Whether `real` is `shown`, where `…` stands for any lines.
fn alike(shown: &[String], real: &[String]) -> bool {
    match shown.split_first() {
        None => real.is_empty(),
        Some((first, rest)) if first == "…" => (0..=real.len()).any(|skip| alike(rest, &real[skip..])),
        Some((first, rest)) => real.first() == Some(first) && alike(rest, &real[1..]),
    }
}
