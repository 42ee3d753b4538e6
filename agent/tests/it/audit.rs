//! The audit log of an agent's runs, and a ledger that outlives a killed process.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use faultline_agent::tools::{AuditLog, Begun, Calculator, FileLedger, Ledger, verify_audit};
use faultline_agent::{Conversation, Mode, Toolbox};
use serde_json::Value;

use crate::folder::Folder;
use crate::script::*;

#[tokio::test]
async fn every_call_of_a_run_is_in_the_log_and_the_chain_holds() {
    let folder = Folder::new("audit");
    let path = folder.0.join("audit.jsonl");
    let log = Arc::new(AuditLog::open(&path, || UNIX_EPOCH).unwrap());
    let toolbox = Toolbox::new().with(Calculator).unwrap().with_audit(log.clone());
    let replies = [
        calls("a", "calculator", &[r#"{"expression": "1+1"}"#]),
        calls("b", "calculator", &[r#"{"expression": "1/0"}"#]),
        calls("c", "calculator", &["{}"]),
        calls("d", "nothing", &["{}"]),
        says("done"),
    ];
    let server = Server::new(replies);
    ask_on(&server, config(Mode::Streaming), toolbox, &mut Conversation::new()).await.result.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let short: Vec<_> = lines.iter().map(|line| format!("{} {}", line["event"], line["toolUseId"])).collect();
    let expected = ["started a", "finished a", "started b", "finished b", "refused c", "refused d"];
    assert_eq!(short.iter().map(|it| it.replace('"', "")).collect::<Vec<_>>(), expected);
    assert_eq!((&lines[1]["text"], &lines[3]["error"]), (&"2".into(), &"division by zero".into()));
    assert_eq!(verify_audit(text.as_bytes()).unwrap(), log.state());
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn child_that_begins_a_write_and_waits_to_be_killed() {
    let Ok(path) = std::env::var("FAULTLINE_TEST_LEDGER") else { return };
    let ledger = FileLedger::open(path).unwrap();
    ledger.begin("done").unwrap();
    ledger.finish("done", &Err("kept".into())).unwrap();
    ledger.begin("begun").unwrap();
    println!("\nready");
    // Until the pipe that nobody writes to is closed, or the process is killed.
    std::io::stdin().lines().for_each(drop);
}

#[test]
fn a_ledger_outlives_a_process_that_is_killed() {
    let folder = Folder::new("killed");
    let path = folder.0.join("ledger");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "audit::child_that_begins_a_write_and_waits_to_be_killed", "--nocapture"])
        .env("FAULTLINE_TEST_LEDGER", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"));
    child.kill().unwrap();
    child.wait().unwrap();
    let ledger = FileLedger::open(&path).unwrap();
    assert_eq!(ledger.begin("done").unwrap(), Begun::Finished(Err("kept".into())));
    assert_eq!(ledger.begin("begun").unwrap(), Begun::Unknown);
    assert_eq!(ledger.begin("new").unwrap(), Begun::Fresh);
}
