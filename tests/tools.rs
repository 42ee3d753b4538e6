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
        (vec!["--only", "tools-three", one.as_str()], "no scenario `tools-three` here has `tools`"),
        (
            vec![one.as_str(), two.as_str()],
            "the tool `pay` is scripted by two scenarios, the second is `tools-two`: name one with `--only`",
        ),
    ] {
        let output = run(&[&["tools"][..], &paths].concat());
        assert_eq!((code(&output), text(&output.stderr)), (2, format!("faultline: {why}\n")));
    }
}

/// What a command that runs beside the tools of a scenario prints, and what is said of it.
fn beside(paths: &[&str], script: &str) -> (String, String) {
    let words = [&["run"][..], paths, &["--", "sh", "-c", script]].concat();
    let output = faultline(&words).env("FAULTLINE_TOOLS_URL", "http://127.0.0.1:1").output().unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn run_serves_the_tools_of_its_scenario_and_tells_of_their_effects() {
    let call = "curl -s -X POST -H 'x-tool-use-id: tooluse_1' $FAULTLINE_TOOLS_URL/tools/count_stock; \
                test $FAULTLINE_MCP_URL = $FAULTLINE_TOOLS_URL/mcp && echo ' over both'";
    let (printed, said) = beside(&[SCENARIO], call);
    assert_eq!(printed, "42 over both\n");
    assert!(said.contains("count_stock: 1 effect for tooluse_1\n"), "{said}");
}

#[test]
fn run_names_no_tools_where_there_are_none_or_two_of_one_name() {
    let script =
        |name: &str| file(name, "faultline: 1\nreplies: [{ message: [{ text: a }] }]\ntools: { pay: {} }\n");
    let bare = file("tools-bare.yaml", "faultline: 1\nreplies: [{ message: [{ text: a }] }]\n");
    let (one, two) = (script("tools-a.yaml"), script("tools-b.yaml"));
    let print = "echo \"[$FAULTLINE_TOOLS_URL$FAULTLINE_MCP_URL]\"";
    assert_eq!(beside(&[&bare], print).0, "[]\n");
    let (printed, said) = beside(&[&one, &two], print);
    assert_eq!(printed, "[]\n");
    let why =
        "no scripted tools are served: the tool `pay` is scripted by two scenarios, the second is `tools-b`";
    assert!(said.contains(why), "{said}");
}

#[test]
fn explain_and_list_tell_of_tools() {
    let explained = text(&run(&["explain", SCENARIO]).stdout);
    let pay = "  tool pay_invoice: Pays an invoice, once for each call.\n    returns the JSON {\"paid\":true}\n    with the fault `reset at head`, from call 1, once\n";
    assert!(explained.contains(pay), "{explained}");
    assert!(text(&run(&["list", SCENARIO]).stdout).contains(" [tools]\n"));
    let listed: Value = serde_json::from_slice(&run(&["list", "--output", "json", SCENARIO]).stdout).unwrap();
    assert_eq!(listed[0]["tools"], json!(["count_stock", "pay_invoice"]));
}
