//! The unary form of a reply: one JSON body, sent when the stream's last event would be.

use crate::derive;
use crate::error_answer::{body_plan, error_actions};
use crate::error_reply::ErrorReply;
use crate::file::Reply;
use crate::fold::{Folded, fold};
use crate::plan::{Action, Plan};
use crate::script::{events, metadata, stop_reason, times};
use crate::setting::{CompileError, Setting};
use faultline_wire::{Event, canon};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The unary form of a reply written as message or events.
pub(crate) fn unary(reply: &Reply, setting: &Setting<'_>) -> Result<Plan, CompileError> {
    setting.require_converse("message")?;
    let events = events(reply, setting);
    let (_, end) = times(&events, reply, setting);
    let Some(message) = &reply.message else { return unary_of_events(&events, end, setting) };
    let folded = Folded {
        content: message.iter().map(without_fragments).collect(),
        stop_reason: Some(stop_reason(reply)),
        stop_extra: fold(&events).stop_extra,
        metadata: metadata(reply, end, setting),
        exception: None,
    };
    Ok(body_plan(200, "application/json", unary_body(folded), end))
}

fn without_fragments(block: &Map<String, Value>) -> Value {
    let mut block = block.clone();
    block.shift_remove(derive::FRAGMENTS);
    if let Some(Value::Object(tool)) = block.get_mut("toolUse") {
        tool.entry("input").or_insert_with(|| json!({}));
    }
    Value::Object(block)
}

/// The unary form of events.
pub(crate) fn unary_of_events(
    events: &[Event],
    end: Duration,
    setting: &Setting<'_>,
) -> Result<Plan, CompileError> {
    setting.require_converse("events")?;
    let folded = fold(events);
    if let Some((name, payload)) = &folded.exception {
        return Ok(Plan::new(exception_answer(name, payload, end))?);
    }
    Ok(body_plan(200, "application/json", unary_body(folded), end))
}

/// What a stream raises is the HTTP error of that type in a unary answer.
fn exception_answer(name: &str, payload: &Value, at: Duration) -> Vec<Action> {
    let message = payload.get("message").and_then(Value::as_str).map(str::to_owned);
    error_actions(&ErrorReply::new(name, message), at)
}

fn unary_body(folded: Folded) -> Vec<u8> {
    let mut body = folded.metadata;
    body.insert(
        "output".to_owned(),
        json!({ "message": { "content": folded.content, "role": "assistant" } }),
    );
    body.insert("stopReason".to_owned(), json!(folded.stop_reason.unwrap_or_else(|| "end_turn".to_owned())));
    body.extend(folded.stop_extra);
    canon::object_to_vec(&body)
}
