//! What a reply says, before it has a form: events, stop reason, times, usage.

use crate::derive;
use crate::file::Reply;
use crate::pace::Schedule;
use crate::setting::Setting;
use faultline_wire::Event;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The events of a reply, before padding and timing: messageStart to metadata.
pub(crate) fn events(reply: &Reply, setting: &Setting<'_>) -> Vec<Event> {
    if let Some(literal) = &reply.events {
        return literal.iter().flatten().map(|(name, payload)| literal_event(name, payload)).collect();
    }
    let blocks = reply.message.as_deref().unwrap_or_default();
    let seed = setting.seed.of("fragments");
    let stop = stop_reason(reply);
    let mut events = derive::events(blocks, &stop, reply.interleave, setting.family, &seed);
    if let Some(Event::MessageStop { extra, .. }) = events.last_mut() {
        *extra = stop_extra(reply);
    }
    events
}

/// What a message says beside its stop reason.
pub(crate) fn stop_extra(reply: &Reply) -> Map<String, Value> {
    let fields = reply.additional_model_response_fields.iter();
    fields.map(|fields| ("additionalModelResponseFields".to_owned(), fields.clone())).collect()
}

fn literal_event(name: &str, payload: &Value) -> Event {
    if name.ends_with("Exception") {
        return Event::Exception { name: name.to_owned(), payload: payload.clone() };
    }
    Event::from_payload(name, payload.clone())
}

/// The stop reason that a reply says, else the one that its message implies.
pub(crate) fn stop_reason(reply: &Reply) -> String {
    let asks = reply.message.iter().flatten().any(|block| block.contains_key("toolUse"));
    let implied = if asks { "tool_use" } else { "end_turn" };
    reply.stop_reason.as_deref().unwrap_or(implied).to_owned()
}

/// When each event is due, and when all of it is over.
pub(crate) fn times(events: &[Event], reply: &Reply, setting: &Setting<'_>) -> (Vec<Duration>, Duration) {
    let pace = reply.pace.or(setting.pace).unwrap_or_default();
    let mut schedule = Schedule::new(pace, setting.speed, setting.seed.of("pace"));
    let times = events.iter().map(|event| schedule.next(event.name() == "contentBlockDelta")).collect();
    (times, schedule.next(false))
}

/// The content blocks that a message adds up to, as Bedrock spells them.
pub(crate) fn content(reply: &Reply) -> Vec<Value> {
    reply.message.iter().flatten().map(bedrock_block).collect()
}

fn bedrock_block(block: &Map<String, Value>) -> Value {
    let mut block = block.clone();
    block.shift_remove(derive::FRAGMENTS);
    block.shift_remove(derive::LITERAL);
    if let Some(Value::Object(tool)) = block.get_mut("toolUse") {
        tool.entry("input").or_insert_with(|| json!({}));
    }
    Value::Object(block)
}

/// The members of `metadata`: as written, with metrics and usage filled in. The reply's own `usage` goes before
/// `metadata.usage`, and that before an estimate from what is said.
pub(crate) fn metadata(
    reply: &Reply,
    content: &[Value],
    end: Duration,
    setting: &Setting<'_>,
) -> Map<String, Value> {
    let mut members = reply.metadata.clone().unwrap_or_default();
    let latency = u64::try_from(end.as_millis()).unwrap_or(u64::MAX);
    members.entry("metrics").or_insert_with(|| json!({ "latencyMs": latency }));
    match &reply.usage {
        Some(usage) => drop(members.insert("usage".to_owned(), json!(usage))),
        None => drop(members.entry("usage").or_insert_with(|| estimate(content, setting.prompt_chars))),
    }
    members
}

/// Four characters a token, of prompt text and of the content as JSON.
fn estimate(content: &[Value], prompt_chars: usize) -> Value {
    let written: usize = content.iter().map(|block| block.to_string().chars().count()).sum();
    let (input, output) = (prompt_chars / 4 + 8, written / 4 + 1);
    json!({ "inputTokens": input, "outputTokens": output, "totalTokens": input + output })
}
