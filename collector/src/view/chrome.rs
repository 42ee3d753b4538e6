//! A trace in the format of Chrome's tracing, which `chrome://tracing`, Perfetto and speedscope open.

use crate::plain;
use crate::query::StoredSpan;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Spans in the order in which they began, with their events. Times are microseconds from the first span's start.
#[must_use]
pub fn chrome(spans: &[StoredSpan]) -> Value {
    let zero = spans.iter().map(|stored| stored.span.start_time_unix_nano).min().unwrap_or_default();
    let at = |nanos: u64| nanos.saturating_sub(zero) as f64 / 1e3;
    let mut lanes = Lanes::default();
    let mut processes: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for stored in spans {
        let span = &stored.span;
        let process = processes.iter().position(|known| *known == stored.service).unwrap_or_else(|| {
            processes.push(&stored.service);
            processes.len() - 1
        });
        let (start, end) =
            (span.start_time_unix_nano, span.end_time_unix_nano.max(span.start_time_unix_nano));
        let lane = lanes.lane(process, start, end);
        let attributes = serde_json::from_str::<Value>(&plain::attributes(&span.attributes));
        all.push(json!({
            "ph": "X", "name": span.name, "cat": "span", "pid": process + 1, "tid": lane + 1, "ts": at(start),
            "dur": end.saturating_sub(start) as f64 / 1e3, "args": {
                "spanId": crate::hex::write(&span.span_id), "parentSpanId": crate::hex::write(&span.parent_span_id),
                "traceId": crate::hex::write(&span.trace_id), "attributes": attributes.unwrap_or_default(),
                "status": span.status.as_ref().map(|status| json!({"code": status.code, "message": status.message})),
            },
        }));
        let events = span.events.iter().map(|event| {
            json!({"ph": "i", "s": "t", "name": event.name, "cat": "event", "pid": process + 1, "tid": lane + 1,
                "ts": at(event.time_unix_nano)})
        });
        all.extend(events);
    }
    let named = processes.iter().enumerate().map(|(process, service)| {
        let name = if service.is_empty() { "unknown service" } else { service };
        json!({"ph": "M", "name": "process_name", "pid": process + 1, "args": {"name": name}})
    });
    all.extend(named);
    json!({"traceEvents": all, "displayTimeUnit": "ms"})
}

/// Lanes of each process. In one lane, two spans lie in each other or apart: else a viewer draws them wrongly.
#[derive(Default)]
struct Lanes(HashMap<usize, Vec<Vec<u64>>>);

impl Lanes {
    /// The first lane with room. Spans come in the order in which they began.
    fn lane(&mut self, process: usize, start: u64, end: u64) -> usize {
        let lanes = self.0.entry(process).or_default();
        for (number, open) in lanes.iter_mut().enumerate() {
            open.retain(|until| *until > start);
            if open.last().is_none_or(|until| *until >= end) {
                open.push(end);
                return number;
            }
        }
        lanes.push(vec![end]);
        lanes.len() - 1
    }
}
