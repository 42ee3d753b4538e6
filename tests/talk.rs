//! People talk to the reference agent: in the terminal, and in a real browser.

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
#[path = "clients/toolchain.rs"]
mod toolchain;

use command::{faultline, file, temporary};
use serde_json::Value;
use served::Served;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const STALLS: &str = "\
faultline: 1
prompt: Tell me everything.
replies:
  - message: [{ text: It begins and goes on., fragments: ['It begins ', and goes on.] }]
  - message: [{ text: As you wish. }]
faults:
  - { do: stall, at: contentBlockDelta 0 nth 2 }
";

const ORDERS: &str = "\
faultline: 1
prompt: Where are orders A-10293 and B-4410?
pace: { first: 100ms, token: 60ms }
replies:
  - message:
      - text: Let me look both up, one after the other, and tell you.
      - toolUse: { toolUseId: tooluse_a, name: get_order_status, input: { order_id: A-10293 } }
      - toolUse: { toolUseId: tooluse_b, name: get_order_status, input: { order_id: B-4410 } }
  - when: { toolResults: [tooluse_a, tooluse_b] }
    message: [{ text: 'One is on its way, one is being packed.' }]
";

const ASKS: &str = "\
faultline: 1
prompt: Paint it.
replies:
  - message:
      - toolUse: { toolUseId: tooluse_q, name: ask_user, input: { question: Which colour?, options: [red, blue] } }
  - when: { toolResults: [tooluse_q], json: { '$.messages[-1].content[0].toolResult.content[0].text': blue } }
    message: [{ text: Done. }]
";

/// The endpoint of all three scenarios.
fn bedrock(name: &str) -> Served {
    let path = |of: &str, text| file(&format!("{name}-{of}.yaml"), text);
    let paths = [path("stalls", STALLS), path("orders", ORDERS), path("asks", ASKS)];
    Served::start(&mut faultline(&["serve", &paths[0], &paths[1], &paths[2], "--lenient", "--json"]))
}

/// Reads until this text was there.
fn until(out: &mut impl Read, seen: &mut String, part: &str) {
    let mut bytes = [0; 1024];
    while !seen.contains(part) {
        let count = out.read(&mut bytes).unwrap();
        assert!(count > 0, "no {part} in {seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}

#[test]
fn ctrl_c_stops_an_answer_and_keeps_the_conversation() {
    let bedrock = bedrock("chat");
    let mut chat = faultline(&["agent", "chat"])
        .env("AWS_ENDPOINT_URL", bedrock.said("url"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut typed, mut out, mut seen) =
        (chat.stdin.take().unwrap(), chat.stdout.take().unwrap(), String::new());
    writeln!(typed, "Tell me everything.").unwrap();
    until(&mut out, &mut seen, "It begins");
    Command::new("kill").args(["-INT", &chat.id().to_string()]).status().unwrap();
    writeln!(typed, "Where are orders A-10293 and B-4410?").unwrap();
    until(&mut out, &mut seen, "being packed.");
    drop(typed);
    let output = chat.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("stopped; what was said before stands") && said.contains("· running get_order_status"),
        "{said}"
    );
}

/// Stands between the page and the agent, and cuts every connection when it is asked to.
struct Cutter {
    address: String,
    cut: String,
}

fn cutter(to: &str) -> Cutter {
    let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let to = to.to_owned();
    let kept = open.clone();
    std::thread::spawn(move || {
        for from in listener.incoming().flatten() {
            let Ok(upstream) = TcpStream::connect(&to) else { return };
            kept.lock().unwrap().extend([from.try_clone().unwrap(), upstream.try_clone().unwrap()]);
            let (back, forth) =
                ((upstream.try_clone().unwrap(), from.try_clone().unwrap()), (from, upstream));
            for (mut from, mut to) in [back, forth] {
                std::thread::spawn(move || {
                    // Whichever side ends, both do.
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    let asked = TcpListener::bind("127.0.0.1:0").unwrap();
    let cut = format!("http://{}/cut", asked.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut ask in asked.incoming().flatten() {
            open.lock().unwrap().drain(..).for_each(|socket| drop(socket.shutdown(Shutdown::Both)));
            let _ = ask.read(&mut [0; 1024]);
            let _ = ask.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        }
    });
    Cutter { address, cut }
}

/// Says why the page cannot be looked at here; in CI that fails.
fn skip(why: &str) {
    assert!(std::env::var_os("FAULTLINE_REQUIRE_ALL").is_none(), "FAULTLINE_REQUIRE_ALL is set, but {why}");
    eprintln!("skipped: {why}");
}

#[test]
fn the_chat_page_paints_as_it_comes_goes_on_after_a_cut_and_can_be_stopped() {
    let Ok(node) = toolchain::Node::ready() else { return };
    if !Path::new("/usr/bin/chromium").exists() && std::env::var_os("CHROMIUM").is_none() {
        return skip("no Chromium: install Debian's package `chromium`, or set CHROMIUM");
    }
    let bedrock = bedrock("page");
    let mut agent = faultline(&["agent", "serve", "--json"]);
    let agent = Served::start(agent.env("AWS_ENDPOINT_URL", bedrock.said("url")));
    let between = cutter(&agent.address());
    let picture = temporary("chat-page.png");
    let output = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/node/page.mjs"))
        .args([
            &node.home,
            Path::new(&format!("http://{}/", between.address)),
            Path::new(&between.cut),
            &picture,
        ])
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}"));
    assert_eq!(seen["errors"], serde_json::json!([]), "{text}");
    let whole = "Let me look both up, one after the other, and tell you.";
    let painted = seen["painted"].as_str().unwrap();
    assert!(whole.starts_with(painted) && painted.len() < whole.len(), "all came at once: {painted}");
    assert_eq!(seen["answers"], serde_json::json!([whole, "One is on its way, one is being packed."]));
    assert!(seen["statuses"].to_string().contains("running get_order_status"), "{text}");
    let tools = seen["tools"].to_string();
    assert_eq!(
        (tools.matches("→ get_order_status").count(), tools.matches("✓ get_order_status").count()),
        (2, 2),
        "{tools}"
    );
    assert_eq!((seen["stopped"].as_str(), seen["ready"].as_bool()), (Some("it was cancelled"), Some(true)));
    assert_eq!(seen["atWork"], true);
    assert_eq!(seen["redirect"], "Redirect");
    assert_eq!(seen["mine"], serde_json::json!(["Tell me everything.", "Be brief."]));
    assert!(seen["question"].as_str().unwrap().starts_with("Which colour?"), "{text}");
    let heard = seen["socket"]["heard"].to_string();
    assert!(heard.contains("redirected") && seen["socket"]["text"] == "As you wish.", "{text}");
}

#[test]
fn a_foreign_grpc_client_runs_resumes_redirects_answers_and_cancels() {
    let Ok(client) = toolchain::Grpc::ready() else { return };
    let bedrock = bedrock("grpc");
    let mut agent = faultline(&["agent", "serve", "--json"]);
    let agent = Served::start(agent.env("AWS_ENDPOINT_URL", bedrock.said("url")));
    let out = temporary("grpc");
    std::fs::create_dir_all(&out).unwrap();
    let mut driver = client.driver();
    driver.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/agent/proto")).arg(&out).arg(agent.address());
    let output = driver.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    let kinds = seen["kinds"].to_string();
    for kind in ["status", "text_delta", "tool_call", "tool_result", "final_response"] {
        assert!(kinds.contains(kind), "{kind} in {seen}");
    }
    let check = |member: &str, expected: Value| assert_eq!(seen[member], expected, "{member}: {seen} {said}");
    check("text", "One is on its way, one is being packed.".into());
    check("input", r#"{"order_id":"A-10293"}"#.into());
    check("resumed", true.into());
    assert!(seen["redirected"][0].to_string().contains("redirected"), "{seen}");
    assert_eq!(seen["redirected"][1], "As you wish.");
    check("answered", "Done.".into());
    check("cancelled", "it was cancelled".into());
    check("blank", serde_json::json!(["INVALID_ARGUMENT", "the prompt is blank: send {\"prompt\": \"…\"}"]));
    let unknown = "no such execution: it is unknown or long over";
    check("unknown", serde_json::json!(["NOT_FOUND", unknown]));
    check("over", serde_json::json!(["FAILED_PRECONDITION", "the run is over"]));
    check("no_order", serde_json::json!(["INVALID_ARGUMENT", "an order says what to do"]));
    gone_within_a_second(&agent.address(), seen["left"].as_str().unwrap());
}

/// A prompt whose client left is given up soon: an order to it comes too late. A blank one changes nothing before.
fn gone_within_a_second(address: &str, execution: &str) {
    let body = r#"{"type": "redirect", "text": " "}"#;
    let request = format!(
        "POST /agent/control/{execution} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let left = Instant::now();
    loop {
        let (mut socket, mut text) = (TcpStream::connect(address).unwrap(), String::new());
        socket.write_all(request.as_bytes()).unwrap();
        socket.read_to_string(&mut text).unwrap();
        if text.contains("the run is over") {
            return;
        }
        assert!(text.contains("what was said is blank"), "{text}");
        assert!(left.elapsed() < Duration::from_secs(5), "it goes on");
    }
}

#[test]
fn a_prompt_that_gets_no_answer_is_a_dead_letter_until_it_is_asked_again() {
    let file_of = |name: &str| temporary(name);
    let letters = file_of("letters.sqlite");
    let _ = std::fs::remove_file(&letters);
    let refused = "\
faultline: 1
prompt: Are you there?
replies: [{ message: [{ text: Yes. }] }, { message: [{ text: Still. }] }]
faults: [{ do: { error: { type: AccessDeniedException, message: Not you. } }, call: 2, times: 1 }]
";
    let scenario = file("letters.yaml", refused);
    let bedrock = Served::start(&mut faultline(&["serve", &scenario, "--lenient", "--json"]));
    let agent = |arguments: &[&str]| {
        let mut command = faultline(&[&["agent"][..], arguments].concat());
        command.env("AWS_ENDPOINT_URL", bedrock.said("url")).env("FAULTLINE_DEAD_LETTERS", &letters);
        let output = command.env("FAULTLINE_PROMPT", "Are you there?\nAnd now?").output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (exit, out, said) = agent(&[]);
    assert_eq!((exit, out.as_str()), (Some(1), "Yes.\n"), "{said}");
    let id = said.split("kept as dead letter ").nth(1).unwrap().trim().to_owned();
    let (exit, listed, _) = agent(&["dead-letters", "list"]);
    assert!(exit == Some(0) && listed.contains(&id) && listed.contains("And now?"), "{listed}");
    let (_, shown, _) = agent(&["dead-letters", "show", &id[..8]]);
    for part in ["AccessDeniedException", "Are you there?", "turn 1 attempt 1 (anthropic.", "request id  "] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let (exit, answered, said) = agent(&["dead-letters", "replay", &id]);
    assert_eq!((exit, answered.as_str()), (Some(0), "Still.\n"), "{said}");
    assert_eq!(agent(&["dead-letters", "list"]).1, "");
    let (exit, _, said) = agent(&["dead-letters", "show", "nothing"]);
    assert!(exit == Some(2) && said.contains("no letter begins with nothing"), "{said}");
}
