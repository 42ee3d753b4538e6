//! What `faultline agent` is given beside its own tools: a database, MCP servers, a ledger, an audit log, a way to go on.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "a test fails by panicking; shared helpers")]

#[path = "support/command.rs"]
mod command;
#[path = "support/served.rs"]
mod served;

use command::{code, faultline, file, run, temporary, text};
use serde_json::Value;
use served::Served;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

/// A server of one scenario, and the agent at it.
struct Stage(Served);

impl Stage {
    fn new(name: &str, scenario: &str) -> Self {
        let path = file(&format!("{name}.yaml"), &format!("faultline: 1\n{scenario}"));
        Self(Served::start(&mut faultline(&["serve", &path, "--lenient", "--json"])))
    }

    fn agent(&self, arguments: &[&str]) -> Command {
        let mut command = faultline(&[&["agent"][..], arguments].concat());
        command.env("AWS_ENDPOINT_URL", self.0.said("url")).stdin(Stdio::null());
        command
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        self.agent(arguments).output().unwrap()
    }

    /// The results that the last request held, by id.
    fn result(&self, id: &str) -> Value {
        let mut socket = TcpStream::connect(self.0.address()).unwrap();
        write!(socket, "GET /_faultline/exchanges HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let exchanges: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        found(&exchanges, id).unwrap_or_else(|| panic!("no result {id} in {exchanges:#}"))
    }
}

/// The last `toolResult` of that id, wherever it stands.
fn found(value: &Value, id: &str) -> Option<Value> {
    match value {
        Value::Object(members)
            if members.get("toolUseId") == Some(&Value::from(id)) && members.contains_key("content") =>
        {
            Some(value.clone())
        }
        Value::Object(members) => members.values().rev().find_map(|value| found(value, id)),
        Value::Array(items) => items.iter().rev().find_map(|value| found(value, id)),
        Value::String(text) if text.starts_with('{') => found(&serde_json::from_str(text).ok()?, id),
        _ => None,
    }
}

fn passed(output: &Output, answer: &str) {
    assert_eq!((code(output), text(&output.stdout)), (0, format!("{answer}\n")), "{}", text(&output.stderr));
}

#[test]
fn a_model_reads_a_database_and_cannot_write_it() {
    let path = temporary("toolkit-orders.db");
    let _ = std::fs::remove_file(&path);
    let made = Command::new("python3")
        .args(["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(\"create table o (id, state); insert into o values (7, 'sent')\")"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    let before = std::fs::read(&path).unwrap();
    let stage = Stage::new(
        "toolkit-sql",
        "prompt: How is order 7?
replies:
  - message: [{ toolUse: { toolUseId: tooluse_t, name: list_tables, input: {} } }]
  - message:
      - toolUse: { toolUseId: tooluse_q, name: sql_query, input: { sql: 'SELECT state FROM o WHERE id = $1', parameters: [7] } }
      - toolUse: { toolUseId: tooluse_w, name: sql_query, input: { sql: 'DELETE FROM o' } }
  - message: [{ text: It is sent. }]
",
    );
    let path_text = path.display().to_string();
    passed(&stage.ask(&["--sql", &path_text, "How is order 7?"]), "It is sent.");
    assert_eq!(stage.result("tooluse_t")["content"][0]["json"]["rows"][0]["table"], "o");
    assert_eq!(stage.result("tooluse_q")["content"][0]["json"]["rows"][0]["state"], "sent");
    assert_eq!(stage.result("tooluse_w")["status"], "error");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn secrets_in_addresses_are_never_printed() {
    let stage = Stage::new("toolkit-secrets", "prompt: a\nreplies: [{ message: [{ text: b }] }]\n");
    for arguments in [
        ["--sql", "postgres://u:hush@127.0.0.1:1/x"],
        ["--sql", "mysql://u:hush@127.0.0.1:1/x"],
        ["--mcp", "http://u:hush@127.0.0.1:1/mcp"],
        ["--mcp", "http://u:hush@[/mcp"],
    ] {
        let output = stage.ask(&[&arguments[..], &["a"]].concat());
        let said = text(&output.stderr);
        assert!(code(&output) == 2 && said.contains(arguments[0]) && !said.contains("hush"), "{said}");
    }
    let help = stage.agent(&["--help"]).env("FAULTLINE_SQL", "postgres://u:hush@h/x").output().unwrap();
    assert!(!text(&help.stdout).contains("hush"));
}

const BOLTS: &str = "prompt: How many bolts are left?
replies:
  - message: [{ toolUse: { toolUseId: tooluse_b, name: count_stock, input: { part: bolt } } }]
  - message: [{ text: There are 42. }]
";

#[test]
fn the_tools_of_mcp_servers_are_the_agents_over_http_and_as_a_program() {
    let mut tools = faultline(&["tools", "examples/tools.yaml"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(tools.stdout.as_mut().unwrap()), &mut line)
        .unwrap();
    let url = format!("{}/mcp", line.trim().rsplit(' ').next().unwrap());
    let program = format!("{} tools --stdio examples/tools.yaml", env!("CARGO_BIN_EXE_faultline"));
    for (name, server) in [("http", &url), ("program", &program)] {
        let stage = Stage::new(&format!("toolkit-mcp-{name}"), BOLTS);
        passed(&stage.ask(&["--mcp", server, "How many bolts are left?"]), "There are 42.");
        assert_eq!(stage.result("tooluse_b")["content"][0]["text"], "42", "{name}");
    }
    tools.kill().unwrap();
    tools.wait().unwrap();
    let stage = Stage::new("toolkit-mcp-none", BOLTS);
    let output = stage.ask(&["--mcp", "http://127.0.0.1:1/mcp", "How many?"]);
    let said = text(&output.stderr);
    assert!(
        code(&output) == 2 && said.contains("--mcp, number 1: the MCP server cannot be talked to"),
        "{said}"
    );
}

#[test]
fn calls_are_audited_and_a_write_is_not_executed_twice_in_a_session() {
    let place = |name: &str| {
        let path = temporary(name);
        let _ = std::fs::remove_file(&path);
        path.display().to_string()
    };
    let (ledger, audit, session) =
        (place("toolkit.ledger"), place("toolkit.audit"), place("toolkit.session"));
    let program = format!("{} tools --stdio examples/tools.yaml", env!("CARGO_BIN_EXE_faultline"));
    let arguments = ["--mcp", &program, "--ledger", &ledger, "--audit", &audit];
    let (in_session, prompt) = (["--session", &session], ["How many bolts are left?"]);
    for _ in 0..2 {
        let stage = Stage::new("toolkit-ledger", BOLTS);
        passed(&stage.ask(&[&arguments[..], &in_session, &prompt].concat()), "There are 42.");
        // The same call in the same conversation, as after a crash that lost the session's end.
        std::fs::remove_file(&session).unwrap();
    }
    let log = std::fs::read_to_string(&audit).unwrap();
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<_> = events.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["started", "finished", "reused"]);
    let verified = run(&["agent", "audit", "verify", &audit]);
    assert!(text(&verified.stdout).starts_with("3 lines in one chain\nlast "), "{verified:?}");
    std::fs::write(&audit, log.replacen("bolt", "nut_", 1)).unwrap();
    let verified = run(&["agent", "audit", "verify", &audit]);
    let said = text(&verified.stderr);
    assert!(code(&verified) == 1 && said.contains("the audit log is broken at line 2"), "{said}");
    assert_eq!(code(&run(&["agent", "audit", "verify", "no-such-file"])), 2);
}

#[test]
fn an_answer_that_breaks_is_kept_and_gone_on_with() {
    let scenario = "prompt: Tell me a tale.
replies:
  - message: [{ text: Once upon a time., fragments: [Once upon, ' a time.'] }]
  - message: [{ text: And they lived on. }]
faults: [{ do: cut, at: contentBlockDelta 0, call: 1 }]
";
    let session = temporary("toolkit-partial.session");
    let _ = std::fs::remove_file(&session);
    let session = session.display().to_string();
    let kept = ["--keep-partial", "--session", &session];
    let stage = Stage::new("toolkit-partial", scenario);
    let output = stage.ask(&[&kept[..], &["Tell me a tale."]].concat());
    assert_eq!((code(&output), text(&output.stdout)), (1, "Once upon\n".to_owned()));
    assert!(text(&output.stderr).contains("--continue asks for the rest"), "{}", text(&output.stderr));
    passed(&stage.ask(&["--continue", "--session", &session]), "And they lived on.");
    let empty = temporary("toolkit-empty.session").display().to_string();
    let output = stage.ask(&["--continue", "--session", &empty]);
    assert!(text(&output.stderr).contains("there is nothing to continue"), "{}", text(&output.stderr));
    let stage = Stage::new("toolkit-partial-chat", scenario);
    let mut chat = stage.agent(&["chat", "--keep-partial"]);
    let mut chat = chat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    chat.stdin.take().unwrap().write_all(b"Tell me a tale.\n/continue\n").unwrap();
    let output = chat.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout), "Once upon\nAnd they lived on.\n", "{}", text(&output.stderr));
}

#[test]
fn a_model_that_is_too_slow_makes_way_for_the_next() {
    let stage = Stage::new(
        "toolkit-budget",
        "prompt: Are you there?
replies: [{ message: [{ text: 'Yes.' }] }]
faults: [{ do: stall, at: start, firstModel: true }]
",
    );
    let output =
        stage.ask(&["--latency-budget", "200ms", "--fallback", "amazon.nova-lite-v1:0", "Are you there?"]);
    passed(&output, "Yes.");
    let said = text(&output.stderr);
    assert!(said.contains("amazon.nova-lite-v1:0 is asked in the place of"), "{said}");
    assert!(said.contains("no event came within the latency budget of 200ms"), "{said}");
}
