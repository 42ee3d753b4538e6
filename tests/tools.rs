//! `faultline tools` as its users see it: over HTTP, over standard input and output, and with the official MCP client.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
mod command;

use command::{code, faultline, file, run, text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const SCENARIO: &str = "examples/tools.yaml";

#[test]
fn tools_are_served_and_their_effects_are_told_at_the_end() {
    let mut child =
        faultline(&["tools", SCENARIO]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    let url = first.trim().rsplit(' ').next().unwrap();
    let pay = format!("{url}/tools/pay_invoice");
    let ask = |url: &str| {
        let header = "idempotency-key: invoice-17";
        Command::new("curl")
            .args(["-s", "-X", "POST", "-H", header, "-d", "{\"invoice\": 17}", url])
            .output()
            .unwrap()
    };
    assert_ne!(code(&ask(&pay)), 0, "the first result is lost");
    assert_eq!(text(&ask(&pay).stdout), "{\"paid\":true}");
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (code(&output), text(&output.stderr)),
        (0, "pay_invoice: 2 effects for invoice-17\n".to_owned())
    );
}

#[test]
fn over_standard_input_and_output_it_is_an_mcp_server() {
    let mut child = faultline(&["tools", "--stdio", SCENARIO])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "count_stock", "arguments": { "part": "bolt" } } });
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{call}").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), &answer["result"]["content"][0]["text"]), (0, &json!("42")));
}

#[test]
fn scenarios_without_tools_and_tools_of_two_scenarios_are_usage_errors() {
    let bare = file("tools-none.yaml", "faultline: 1\nreplies: [{ message: [{ text: a }] }]\n");
    let one =
        file("tools-one.yaml", "faultline: 1\nreplies: [{ message: [{ text: a }] }]\ntools: { pay: {} }\n");
    let two =
        file("tools-two.yaml", "faultline: 1\nreplies: [{ message: [{ text: a }] }]\ntools: { pay: {} }\n");
    for (paths, why) in [
        (vec![bare.as_str()], "none of these scenarios has `tools`"),
        (
            vec![one.as_str(), two.as_str()],
            "the tool `pay` is scripted by two scenarios, the second is `tools-two`: serve one of them",
        ),
    ] {
        let output = run(&[&["tools"][..], &paths].concat());
        assert_eq!((code(&output), text(&output.stderr)), (2, format!("faultline: {why}\n")));
    }
}
