//! A trace and a span as JSON, as a waterfall draws them: each answer of a bounded size, whatever was sent. Pure.

use crate::hex;
use crate::plain;
use crate::query::{self, ChatSample, StoredSpan, chat_frames, offset};
use crate::store::{Connection, StoreError};
use crate::view::{Laid, laid, tree};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde::Deserialize;
use serde_json::{Value, json};

/// Which of its spans.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Part {
    /// How many are left out before them, in the order of the waterfall.
    #[serde(default)]
    from: usize,
}

/// The most spans of one answer.
const SPANS: usize = 500;
/// The most frames of one answer, and of one span in it: more than a screen has columns for.
const FRAMES: (usize, usize) = (20_000, 400);
/// The most frames of a span that is asked for alone.
const FRAMES_ALONE: usize = 1000;
/// The most events of a span that is asked for alone.
const EVENTS: usize = 200;
/// The longest text of one attribute, in characters.
const TEXT: usize = 20_000;

type Answer = Result<Option<Value>, StoreError>;

pub(super) fn trace(store: &Connection, id: &str, part: &Part) -> Answer {
    let Some(trace) = query::trace(store, id)? else { return Ok(None) };
    let spans = query::spans(store, trace.number)?;
    let zero = spans.iter().map(|stored| stored.span.start_time_unix_nano).min().unwrap_or_default();
    let rows = tree(&spans);
    let shown = rows.get(part.from..).unwrap_or_default();
    let shown = &shown[..shown.len().min(SPANS)];
    let frames = (FRAMES.0 / shown.len().max(1)).min(FRAMES.1);
    let drawn: Vec<Value> = shown.iter().map(|(depth, stored)| row(*depth, stored, zero, frames)).collect();
    let seconds = trace.duration();
    Ok(Some(json!({
        "trace": trace, "duration": seconds, "from": part.from, "all": rows.len(), "spans": drawn,
    })))
}

/// A span as a waterfall draws it; times in seconds, `from` from the trace's start, what happened from the span's.
fn row(depth: usize, stored: &StoredSpan, zero: u64, most: usize) -> Value {
    let span = &stored.span;
    let Laid { from, frames, marks, .. } = laid(depth, stored, zero);
    let marks = marks.into_iter();
    let status = span.status.as_ref();
    json!({
        "spanId": hex::write(&span.span_id), "parentSpanId": hex::write(&span.parent_span_id),
        "depth": depth, "name": span.name, "service": stored.service, "kind": span.kind,
        "from": from, "duration": stored.duration(),
        "status": status.map_or(0, |status| status.code), "message": status.map_or("", |status| &status.message),
        "frames": thinned(&frames, stored.duration(), most), "frameCount": frames.len(), "stall": stall(&frames),
        "marks": marks.map(|(at, what)| json!({"at": at, "what": what})).take(EVENTS).collect::<Value>(),
    })
}

/// At most so many of the frames, which a bar of that many columns shows alike: the first of each column.
fn thinned(frames: &[f64], duration: f64, most: usize) -> Vec<f64> {
    if frames.len() <= most {
        return frames.to_vec();
    }
    let width = duration.max(frames.last().copied().unwrap_or_default()) / most as f64;
    let mut kept: Vec<f64> = Vec::new();
    for frame in frames {
        if kept.len() < most && kept.last().is_none_or(|last| frame - last >= width) {
            kept.push(*frame);
        }
    }
    kept
}

/// The longest silence between two frames: from and to, in seconds from the span's start.
fn stall(frames: &[f64]) -> Option<[f64; 2]> {
    let pairs = frames.windows(2).map(|pair| [pair[0], pair[1]]);
    pairs.max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))
}

pub(super) fn span(store: &Connection, trace: &str, id: &str) -> Answer {
    let Some(trace) = query::trace(store, trace)? else { return Ok(None) };
    let Some(stored) = hex::read(id).map_or(Ok(None), |id| query::span(store, trace.number, &id))? else {
        return Ok(None);
    };
    let span = &stored.span;
    let sample = ChatSample::of(&stored);
    let frames = chat_frames(&stored);
    let events = span.events.iter().take(EVENTS).map(|event| {
        json!({"at": offset(&stored, event.time_unix_nano), "name": event.name, "attributes": told(&event.attributes)})
    });
    Ok(Some(json!({
        "span": row(0, &stored, span.start_time_unix_nano, FRAMES_ALONE),
        "started": span.start_time_unix_nano.to_string(), "attributes": told(&span.attributes),
        "events": events.collect::<Value>(), "eventCount": span.events.len(), "links": span.links.len(),
        "firstEvent": sample.first_event.filter(|_| !frames.is_empty()), "firstText": sample.first_text,
        "longestStall": sample.longest_stall,
        "gaps": crate::statistics::summary(sample.gaps),
    })))
}

/// Attributes as pairs, for a name may come twice; long texts and lists cut.
fn told(attributes: &[KeyValue]) -> Value {
    let one = |attribute: &KeyValue| {
        let value = attribute.value.as_ref().map_or_else(|| "null".to_owned(), plain::value);
        let value = match serde_json::from_str(&value) {
            Ok(Value::String(text)) => text,
            _ => value,
        };
        json!([attribute.key, cut(value)])
    };
    attributes.iter().take(EVENTS).map(one).collect()
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TEXT) {
        let left = text[end..].chars().count();
        text.truncate(end);
        text += &format!(" … ({left} more characters)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_thinned_to_what_a_bar_can_show() {
        let frames: Vec<f64> = (0..10_000).map(|n| f64::from(n) / 1000.0).collect();
        let kept = thinned(&frames, 10.0, 400);
        assert!((300..=400).contains(&kept.len()), "{}", kept.len());
        assert_eq!((kept[0], thinned(&frames[..3], 10.0, 400)), (0.0, frames[..3].to_vec()));
        assert!(kept.last().unwrap() > &9.9);
        assert_eq!(thinned(&[1.0; 1000], 0.0, 10), [1.0], "all in one column");
    }

    #[test]
    fn the_longest_silence_is_where_it_was() {
        assert_eq!(stall(&[0.1, 0.2, 1.0, 1.1]), Some([0.2, 1.0]));
        assert_eq!(stall(&[0.1]), None);
    }
}
