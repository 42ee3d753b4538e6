//! The official MCP client judges the tool server, over HTTP and over standard input and output.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::toolchain::Mcp;
use faultline_mock_bedrock::ToolServer;
use faultline_scenarios::pace::Speed;
use faultline_scenarios::seed::Seed;
use faultline_scenarios::tool_stub::ToolStub;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

const TOOLS: &str = "
faultline: 1
replies: [{ message: [{ text: a }] }]
tools:
  count: { returns: [{ json: 42 }] }
  fail: { returns: [{ error: out of bolts }] }
  lost: { faults: [{ do: reset, at: head }] }
";

/// What the client saw.
fn seen(client: &mut Command, calls: &Value) -> Value {
    let output = client.arg(calls.to_string()).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_mcp_client_lists_and_calls_tools_over_http() {
    let Ok(client) = Mcp::ready() else { return };
    let scenario = faultline_scenarios::load::scenario("tools", "tools", TOOLS).unwrap();
    let stub = Arc::new(ToolStub::new(scenario.file.tools, &Seed::new(1), Speed::Max));
    let server = ToolServer::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), stub).unwrap();
    let url = format!("{}/mcp", server.url());
    let calls = json!([["count", {}], ["fail", {}]]);
    let seen = tokio::task::spawn_blocking(move || seen(client.driver().arg(url), &calls)).await.unwrap();
    let expected = json!({
        "tools": ["count", "fail", "lost"],
        "calls": [[false, ["42"]], [true, ["out of bolts"]]],
    });
    assert_eq!(seen, expected);
    assert_eq!(server.stub().effects().len(), 1, "a call that fails has no effect");
}

#[test]
fn the_official_mcp_client_starts_the_tool_server_itself() {
    let Ok(client) = Mcp::ready() else { return };
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mcp-tools.yaml");
    std::fs::write(&path, TOOLS).unwrap();
    let mut command = client.driver();
    command.args([env!("CARGO_BIN_EXE_faultline"), "tools", "--stdio"]).arg(path);
    assert_eq!(seen(&mut command, &json!([["count", {}]]))["calls"], json!([[false, ["42"]]]));
}
