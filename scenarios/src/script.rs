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
    if let (Some(Event::MessageStop { extra, .. }), Some(fields)) =
        (events.last_mut(), &reply.additional_model_response_fields)
    {
        extra.insert("additionalModelResponseFields".to_owned(), fields.clone());
    }
    events
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

/// The members of `metadata`: as written, with metrics and usage filled in.
pub(crate) fn metadata(reply: &Reply, end: Duration, setting: &Setting<'_>) -> Map<String, Value> {
    let mut members = reply.metadata.clone().unwrap_or_default();
    let latency = u64::try_from(end.as_millis()).unwrap_or(u64::MAX);
    members.entry("metrics").or_insert_with(|| json!({ "latencyMs": latency }));
    members.insert("usage".to_owned(), Value::Object(usage(reply, setting)));
    members
}

/// Usage as written, else four characters a token.
fn usage(reply: &Reply, setting: &Setting<'_>) -> Map<String, Value> {
    if let Some(usage) = &reply.usage {
        return usage.clone();
    }
    let written: usize = reply.message.iter().flatten().map(|block| json!(block).to_string().len()).sum();
    let (input, output) = (setting.prompt_chars / 4 + 8, written / 4 + 1);
    let usage = json!({ "inputTokens": input, "outputTokens": output, "totalTokens": input + output });
    usage.as_object().cloned().unwrap_or_default()
}
