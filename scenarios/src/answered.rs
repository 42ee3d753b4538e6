//! What an exchange gave its client, read back from the bytes that were handed over.

use crate::exchange::Exchange;
use crate::fold::fold;
use crate::plan::Ending;
use crate::timeline::Outcome;
use faultline_wire::decoder::decode_all;
use faultline_wire::message::list;
use faultline_wire::{Event, FramedEvent};
use serde_json::Value;

/// A message that arrived whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// All of its text.
    pub text: String,
}

/// The message that an exchange delivered: HTTP 200, a regular end, and for a stream messageStop and no exception.
pub fn answered(exchange: &Exchange) -> Option<Answered> {
    let timeline = &exchange.timeline;
    let plan = &timeline.plan;
    let whole = timeline.outcome == Outcome::Played && plan.ending() == Ending::Complete;
    if !whole || plan.head()?.status != 200 {
        return None;
    }
    let content = if plan.streams() { streamed(&plan.body())? } else { unary(&plan.body())? };
    Some(Answered { text: content.iter().filter_map(|block| block.get("text")?.as_str()).collect() })
}

fn unary(body: &[u8]) -> Option<Vec<Value>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(list(body.pointer("/output/message/content")).to_vec())
}

fn streamed(body: &[u8]) -> Option<Vec<Value>> {
    let (frames, fault) = decode_all(body);
    let events: Option<Vec<Event>> =
        frames.iter().map(|frame| FramedEvent::from_frame(frame).map(|framed| framed.event)).collect();
    let folded = fold(&events?);
    (fault.is_none() && folded.exception.is_none() && folded.stop_reason.is_some()).then_some(folded.content)
}
