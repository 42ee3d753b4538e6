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
        Event::MessageStop { stop_reason, .. } => stop_reason.as_str().into(),
        Event::Exception { payload, .. } => {
            payload.get("message").and_then(Value::as_str).map_or_else(|| "".into(), gist)
        }
        _ => "".into(),
    };
    Label { event: event.name().into(), index: event.index(), gist }
}

fn reasoning_gist(part: &Value) -> Arc<str> {
    part.get("text").and_then(Value::as_str).map_or_else(
        || named(part.as_object().and_then(|m| m.keys().next()).map(|k| json!(k)).as_ref()),
        gist,
    )
}

fn named(name: Option<&Value>) -> Arc<str> {
    name.and_then(Value::as_str).unwrap_or_default().into()
}

/// The first characters of a text, quoted.
pub(crate) fn gist(text: &str) -> Arc<str> {
    const LONGEST: usize = 24;
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}").into()
}
