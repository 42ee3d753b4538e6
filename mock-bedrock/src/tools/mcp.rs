//! The Model Context Protocol, as far as a server of tools needs it: JSON-RPC messages in, answers out. Pure: it knows no
//! transport.
//!
//! Source: modelcontextprotocol.io, revisions 2025-03-26 and 2025-06-18 ("Lifecycle", "Tools").

use super::{http_form, listed};
use faultline_scenarios::Plan;
use faultline_scenarios::tool_key::tool_key;
use faultline_scenarios::tool_script::Returned;
use faultline_scenarios::tool_stub::{Rendered, ToolStub};
use serde_json::{Value, json};
use std::sync::Arc;

/// The revision that is offered to a client that asks for none.
const REVISION: &str = "2025-06-18";

/// JSON-RPC 2.0 error codes.
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INVALID_REQUEST: i64 = -32600;

/// What a message is answered with.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A notification or a response: nothing.
    Nothing,
    /// At once.
    Now(Value),
    /// A tool's answer, which takes its time and may go wrong.
    Played(Arc<Plan>),
}

/// Answers one message.
pub fn answer(stub: &ToolStub, message: &Value) -> Reply {
    let Some(id) = message.get("id").filter(|id| !id.is_null()) else { return Reply::Nothing };
    let params = message.get("params").unwrap_or(&Value::Null);
    match message.get("method").and_then(Value::as_str) {
        Some("initialize") => Reply::Now(result(id, &hello(params))),
        Some("ping") => Reply::Now(result(id, &json!({}))),
        Some("tools/list") => Reply::Now(result(id, &json!({ "tools": listed(stub) }))),
        Some("tools/call") => call(stub, id, params),
        Some(method) => Reply::Now(error(id, METHOD_NOT_FOUND, &format!("there is no method {method}"))),
        None if message.get("result").is_some() || message.get("error").is_some() => Reply::Nothing,
        None => Reply::Now(error(id, INVALID_REQUEST, "the message has no method")),
    }
}

fn hello(params: &Value) -> Value {
    let asked = params.get("protocolVersion").and_then(Value::as_str);
    json!({
        "protocolVersion": asked.unwrap_or(REVISION),
        "capabilities": { "tools": { "listChanged": false } },
        "serverInfo": { "name": "faultline", "version": env!("CARGO_PKG_VERSION") },
    })
}

fn call(stub: &ToolStub, id: &Value, params: &Value) -> Reply {
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    // The protocol allows a call without arguments; to a tool it is the empty object.
    let none = json!({});
    let input = params.get("arguments").unwrap_or(&none);
    let meta = |key| params.pointer(&format!("/_meta/{key}")).and_then(Value::as_str);
    let key = meta("idempotencyKey")
        .or_else(|| meta("toolUseId"))
        .map_or_else(|| tool_key(name, input), str::to_owned);
    match stub.call(name, &key, |returned| rendered(id, returned)) {
        Some(plan) => Reply::Played(plan),
        None => Reply::Now(error(id, INVALID_PARAMS, &format!("Unknown tool: {name}"))),
    }
}

fn rendered(id: &Value, returned: &Returned) -> Rendered {
    let body = result(id, &http_form::mcp(returned)).to_string().into_bytes();
    Rendered { status: 200, content_type: "application/json".to_owned(), body }
}

fn result(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}
