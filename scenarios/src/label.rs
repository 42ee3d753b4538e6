//! What people read of an event: its name, its block, and a gist of what it brings.

use crate::plan::Label;
use faultline_wire::Event;
use faultline_wire::event::Delta;
use serde_json::{Value, json};
use std::sync::Arc;

/// The label of an event: its name, its block, and a gist of what it brings.
pub fn label(event: &Event) -> Label {
    let gist = match event {
        Event::ContentBlockDelta { delta: Delta::Text(text) | Delta::ToolInput(text), .. } => gist(text),
        Event::ContentBlockDelta { delta: Delta::Reasoning(part), .. } => reasoning_gist(part),
        Event::ContentBlockStart { start, .. } => named(start.pointer("/toolUse/name")),
        Event::MessageStop { stop_reason, .. } => shown(stop_reason),
        Event::Exception { payload, .. } => {
            payload.get("message").and_then(Value::as_str).map_or_else(|| "".into(), gist)
        }
        _ => "".into(),
    };
    Label { event: shown(event.name()), index: event.index(), gist }
}

fn reasoning_gist(part: &Value) -> Arc<str> {
    part.get("text").and_then(Value::as_str).map_or_else(
        || named(part.as_object().and_then(|m| m.keys().next()).map(|k| json!(k)).as_ref()),
        gist,
    )
}

fn named(name: Option<&Value>) -> Arc<str> {
    shown(name.and_then(Value::as_str).unwrap_or_default())
}

/// A name as it is, unless it would break a line: names come from authors and recordings.
fn shown(name: &str) -> Arc<str> {
    if name.chars().any(char::is_control) { name.escape_debug().to_string().into() } else { name.into() }
}

/// The first characters of a text, quoted.
pub(crate) fn gist(text: &str) -> Arc<str> {
    const LONGEST: usize = 24;
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: &Event, expected: &str) {
        assert_eq!(label(event).to_string(), expected);
    }

    #[test]
    fn a_label_is_one_line_whatever_an_event_says() {
        check(&Event::from_payload("a\nb\u{1b}[2J", json!({})), "a\\nb\\u{1b}[2J");
        check(&Event::from_payload("größe", json!({})), "größe");
        check(
            &Event::MessageStop { stop_reason: "end\nturn".into(), extra: Default::default() },
            "messageStop end\\nturn",
        );
        let start = json!({"toolUse": {"toolUseId": "t", "name": "a\tb"}});
        check(&Event::ContentBlockStart { index: 0, start }, "contentBlockStart 0 a\\tb");
        check(&Event::Exception { name: "x\r".into(), payload: json!({"message": "m\n"}) }, "x\\r \"m\\n\"");
    }
}
