//! Tool calls as they were delivered, by toolUseId: which came whole, and how often each was asked for.

use super::seen::{Seen, Turn};
use faultline_wire::canon;
use serde_json::Value;
use std::collections::HashMap;

/// Stop reasons that take the message back: its calls are not to be run
/// (AWS, "MessageStopEvent": malformed_tool_use, malformed_model_output; guardrail and filter cut the output).
const TAKEN_BACK: [&str; 4] =
    ["malformed_tool_use", "malformed_model_output", "guardrail_intervened", "content_filtered"];

/// One delivery of a tool call.
pub(super) struct Asked {
    /// The request whose answer held it.
    pub(super) request: u64,
    /// What was asked: the messages of the request, the same in every attempt of it.
    pub(super) messages: Vec<u8>,
    /// Why it may not be run; `None` when it came whole.
    pub(super) broken: Option<String>,
}

/// Every delivery of every call, by toolUseId.
pub(super) fn asked(seen: &Seen<'_>) -> HashMap<String, Vec<Asked>> {
    let mut asked: HashMap<String, Vec<Asked>> = HashMap::new();
    for turn in &seen.turns {
        for call in turn.given.tool_uses() {
            let Some(id) = call.get("toolUseId").and_then(Value::as_str) else { continue };
            let messages = messages(turn);
            let one = Asked { request: turn.exchange.id, messages, broken: broken(turn, call) };
            asked.entry(id.to_owned()).or_default().push(one);
        }
    }
    asked
}

fn broken(turn: &Turn<'_>, call: &Value) -> Option<String> {
    let request = turn.exchange.id;
    if let Some(failure) = &turn.given.failure {
        return Some(format!("the answer of request {request}, which held it, {failure}"));
    }
    let stop = turn.given.stop_reason.as_deref().unwrap_or_default();
    if TAKEN_BACK.contains(&stop) {
        return Some(format!("the message of request {request}, which held it, stopped with {stop}"));
    }
    let is_object = call.get("input").is_some_and(Value::is_object);
    (!is_object).then(|| format!("its input in the answer of request {request} is no JSON object ({stop})"))
}

/// The messages of a request as bytes, to be compared.
pub(super) fn messages(turn: &Turn<'_>) -> Vec<u8> {
    canon::to_vec(turn.exchange.call.body.get("messages").unwrap_or(&Value::Null))
}

/// How often a call of this id was asked for in its own right: once for each block of each answer, attempts not counted.
pub(super) fn times_asked(deliveries: &[Asked]) -> usize {
    let mut most: HashMap<&[u8], HashMap<u64, usize>> = HashMap::new();
    for one in deliveries {
        *most.entry(&one.messages).or_default().entry(one.request).or_default() += 1;
    }
    most.values().map(|attempts| attempts.values().copied().max().unwrap_or(0)).sum()
}
