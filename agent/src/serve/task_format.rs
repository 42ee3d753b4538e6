//! What of a task goes through the queue, as JSON: the job, records of events, the result. Pure. It is read by the same
//! version of this code on another machine, or an older one: unknown members are passed over.

use std::sync::Arc;

use bytes::Bytes;
use faultline_queue::MAX_BYTES;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::execution::Sent;
use crate::wire_event::WireEvent;

/// A job: what is asked, and in which conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) prompt: String,
    /// Empty: a conversation of its own.
    #[serde(default)]
    pub(super) session: String,
}

impl Job {
    /// As the queue holds it.
    pub(super) fn to_bytes(&self) -> Bytes {
        // Two texts: JSON has them.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}

/// Events as records of the job's progress: JSON lists, each small enough for the queue.
pub(super) fn records(events: &[Arc<Sent>]) -> Vec<Bytes> {
    let mut records = Vec::new();
    let mut list = String::new();
    for sent in events {
        let json = fitting(&sent.json);
        if list.len() + json.len() + 2 > MAX_BYTES {
            records.extend(closed(&mut list));
        }
        list.push(if list.is_empty() { '[' } else { ',' });
        list.push_str(&json);
    }
    records.extend(closed(&mut list));
    records
}

fn closed(list: &mut String) -> Option<Bytes> {
    let list = std::mem::take(list);
    (!list.is_empty()).then(|| (list + "]").into())
}

/// An event, or what stands for one that no record can hold.
fn fitting(json: &str) -> String {
    if json.len() + 2 <= MAX_BYTES {
        return json.to_owned();
    }
    json_of(&WireEvent::Error { message: format!("an event of {} bytes was left out", json.len()) })
}

/// The events of records. What is no list holds none.
pub(super) fn events(records: &[Bytes]) -> Vec<Value> {
    let lists = records.iter().filter_map(|record| serde_json::from_slice::<Vec<Value>>(record).ok());
    lists.flatten().collect()
}

/// A result: the last event.
pub(super) fn result(last: &WireEvent) -> Bytes {
    let json = json_of(last);
    if json.len() <= MAX_BYTES {
        return json.into();
    }
    let message = format!("the answer of {} bytes is larger than the queue keeps", json.len());
    json_of(&WireEvent::ExecutionFailed { message, partial: String::new() }).into()
}

/// An event as JSON.
pub(super) fn json_of(event: &WireEvent) -> String {
    // The types hold nothing that JSON cannot: names and texts.
    serde_json::to_string(event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> Arc<Sent> {
        let event = WireEvent::TextDelta { turn: 1, text: text.to_owned() };
        let json = json_of(&event);
        Arc::new(Sent { number: 1, event, json })
    }

    #[test]
    fn events_come_out_of_records_as_they_went_in() {
        let check = |texts: &[&str], expected: usize| {
            let records = records(&texts.iter().map(|text| sent(text)).collect::<Vec<_>>());
            let back = events(&records);
            let back: Vec<&str> = back.iter().map(|event| event["text"].as_str().unwrap()).collect();
            assert_eq!((records.len(), back.as_slice()), (expected, texts));
            assert!(records.iter().all(|record| record.len() <= MAX_BYTES));
        };
        check(&[], 0);
        check(&["a", "\n\"b\"", "ä"], 1);
        let half = "x".repeat(MAX_BYTES / 2);
        check(&[&half, &half, "c"], 2);
    }

    #[test]
    fn what_no_record_can_hold_is_said() {
        let large = sent(&"x".repeat(MAX_BYTES));
        let back = events(&records(&[sent("a"), large.clone(), sent("b")]));
        assert_eq!((back.len(), back[1]["type"].as_str()), (3, Some("error")));
        let result: Value = serde_json::from_slice(&result(&large.event)).unwrap();
        assert_eq!(result["type"], "execution_failed");
    }
}
