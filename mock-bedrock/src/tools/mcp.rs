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

/// JSON-RPC 2.0 error codes (jsonrpc.org, specification, section 5.1).
const PARSE_ERROR: i64 = -32700;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INVALID_REQUEST: i64 = -32600;

/// What a message is answered with.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A notification or a response: nothing.
    Nothing,
    /// An error for what is no request: nobody knows whose it is, so its id is null.
    Refused(Value),
    /// At once.
    Now(Value),
    /// A tool's answer, which takes its time and may go wrong.
    Played(Arc<Plan>),
}

/// Answers the bytes of one message, whatever they are.
pub fn answer(stub: &ToolStub, message: &[u8]) -> Reply {
    match serde_json::from_slice::<Value>(message) {
        Ok(message @ Value::Object(_)) => answer_object(stub, &message),
        Ok(Value::Array(_)) => refused(INVALID_REQUEST, "there are no batches: send one message at a time"),
        Ok(_) => refused(INVALID_REQUEST, "a message is a JSON object"),
        Err(why) => refused(PARSE_ERROR, &format!("Parse error: {why}")),
    }
}

fn refused(code: i64, message: &str) -> Reply {
    Reply::Refused(error(&Value::Null, code, message))
}

fn answer_object(stub: &ToolStub, message: &Value) -> Reply {
    let method = message.get("method").and_then(Value::as_str);
    let is_response = message.get("result").or_else(|| message.get("error")).is_some();
    let id = match message.get("id") {
        None if method.is_some() => return Reply::Nothing,
        _ if method.is_none() && is_response => return Reply::Nothing,
        None => return refused(INVALID_REQUEST, "the message has no method"),
        Some(Value::Null) => return refused(INVALID_REQUEST, "the id of a request is not null"),
        Some(id) => id,
    };
    let params = message.get("params").unwrap_or(&Value::Null);
    match method {
        Some("initialize") => Reply::Now(result(id, &hello(params))),
        Some("ping") => Reply::Now(result(id, &json!({}))),
        Some("tools/list") => Reply::Now(result(id, &json!({ "tools": listed(stub) }))),
        Some("tools/call") => call(stub, id, params),
        Some(method) => Reply::Now(error(id, METHOD_NOT_FOUND, &format!("there is no method {method}"))),
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
    let Some(name) = params.get("name").and_then(Value::as_str) else {
        let nameless = "tools/call needs `name`, the name of a tool as a string, in `params`";
        return Reply::Now(error(id, INVALID_PARAMS, nameless));
    };
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
