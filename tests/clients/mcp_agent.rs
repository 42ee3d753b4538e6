//! A server made with the official MCP SDK judges how the agent talks over streamable HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::toolchain::Mcp;
use faultline_agent::tools::{HttpPool, McpServer, McpTool};
use faultline_agent::{Tool, ToolContext, ToolError, ToolOutput};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// The server in a process of its own, which ends with the test.
struct Judge {
    process: Child,
    port: u16,
}

impl Judge {
    fn start(client: &Mcp, port: u16, answers: &str) -> Self {
        let mut command = client.server();
        let mut process = command.args([&port.to_string(), answers]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { port: line.trim().parse().unwrap(), process }
    }

    async fn connect(&self, token: &str) -> Result<McpServer, String> {
        let url = format!("http://127.0.0.1:{}/mcp", self.port);
        let header = format!("Bearer {token}");
        let server = McpServer::connect(HttpPool::new().unwrap(), &url, &[("authorization", &header)]).await;
        server.map_err(|error| error.to_string())
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn call(tools: &[McpTool], name: &str, input: Value) -> Result<ToolOutput, ToolError> {
    let tool = tools.iter().find(|tool| tool.name() == name).unwrap();
    tool.run(input.as_object().unwrap(), &ToolContext::detached()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_calls_tools_of_the_official_server_over_http() {
    let Ok(client) = Mcp::ready() else { return };
    for answers in ["sse", "json"] {
        let judge = Judge::start(&client, 0, answers);
        let server = judge.connect("hush").await.unwrap();
        let tools = server.tools().await.unwrap();
        let names: Vec<_> = tools.iter().map(Tool::name).collect();
        assert_eq!(names, ["double", "shout", "fail"], "{answers}");
        assert_eq!(tools[0].description(), "Doubles a number.");
        let (doubled, shouted) = tokio::join!(
            call(&tools, "double", json!({"n": 21})),
            call(&tools, "shout", json!({"text": "hé"})),
        );
        assert_eq!(doubled, Ok(ToolOutput::Json(json!({"double": 42}))), "{answers}");
        assert_eq!(shouted, Ok(ToolOutput::Json(json!({"result": "HÉ"}))), "{answers}");
        let failed = call(&tools, "fail", json!({})).await.unwrap_err();
        assert!(failed.message.contains("out of bolts") && !failed.transient, "{answers}: {failed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_the_server_has_forgotten_is_opened_anew() {
    let Ok(client) = Mcp::ready() else { return };
    let judge = Judge::start(&client, 0, "sse");
    let server = judge.connect("hush").await.unwrap();
    let tools = server.tools().await.unwrap();
    let port = judge.port;
    drop(judge);
    let gone = call(&tools, "double", json!({"n": 1})).await.unwrap_err();
    assert!(gone.transient, "{gone}");
    let _judge = Judge::start(&client, port, "sse");
    // Its sessions went with the process: it answers 404, as the protocol wants.
    let again = call(&tools, "double", json!({"n": 2})).await;
    assert_eq!(again, Ok(ToolOutput::Json(json!({"double": 4}))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_needed_and_never_shown() {
    let Ok(client) = Mcp::ready() else { return };
    let judge = Judge::start(&client, 0, "sse");
    let error = judge.connect("wrong-hush").await.unwrap_err();
    assert!(error.contains("status 401. no token") && !error.contains("hush"), "{error}");
    let server = judge.connect("hush").await.unwrap();
    let shown = format!("{server:?} {:?}", server.tools().await.unwrap());
    assert!(!shown.contains("hush"), "{shown}");
}
