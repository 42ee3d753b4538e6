//! Stream events become the message that they add up to: for a unary answer to a reply written as events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_wire::Event;
use faultline_wire::event::Delta;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a stream adds up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folded {
    /// The content blocks by contentBlockIndex.
    pub content: Vec<Value>,
    /// The stop reason; `None` for a stream without messageStop.
    pub stop_reason: Option<String>,
    /// additionalModelResponseFields and whatever else messageStop carried.
    pub stop_extra: Map<String, Value>,
    /// The members of `metadata`.
    pub metadata: Map<String, Value>,
    /// The first exception.
    pub exception: Option<(String, Value)>,
}

/// One block while it grows.
#[derive(Default)]
struct Growing {
    start: Option<Value>,
    text: String,
    input: String,
    reasoning: Map<String, Value>,
    others: Vec<Value>,
    kind: Kind,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Kind {
    #[default]
    Text,
    Tool,
    Reasoning,
    Other,
}

/// Adds up `events`.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Folded {
    let mut blocks: BTreeMap<u64, Growing> = BTreeMap::new();
    let mut folded = Folded::default();
    for event in events {
        match event {
            Event::ContentBlockStart { index, start } => blocks.entry(*index).or_default().begin(start),
            Event::ContentBlockDelta { index, delta } => blocks.entry(*index).or_default().grow(delta),
            Event::MessageStop { stop_reason, extra } => {
                folded.stop_reason = Some(stop_reason.clone());
                folded.stop_extra = extra.clone();
            }
            Event::Metadata(members) => folded.metadata = members.clone(),
            Event::Exception { name, payload } => {
                folded.exception.get_or_insert_with(|| (name.clone(), payload.clone()));
            }
            _ => {}
        }
    }
    folded.content = blocks.into_values().map(Growing::finish).collect();
    folded
}

impl Growing {
    fn begin(&mut self, start: &Value) {
        self.kind = if start.get("toolUse").is_some() { Kind::Tool } else { Kind::Other };
        self.start = Some(start.clone());
    }

    fn grow(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(text) => self.text.push_str(text),
            Delta::ToolInput(fragment) => {
                self.kind = Kind::Tool;
                self.input.push_str(fragment);
            }
            Delta::Reasoning(part) => self.reason(part),
            Delta::Other(value) => {
                self.kind = Kind::Other;
                self.others.push(value.clone());
            }
        }
    }

    fn reason(&mut self, part: &Value) {
        self.kind = Kind::Reasoning;
        for (name, value) in part.as_object().into_iter().flatten() {
            let grown = self.reasoning.get(name).and_then(Value::as_str).unwrap_or_default();
            let more = value.as_str().unwrap_or_default();
            let joined = match name.as_str() {
                "redactedContent" => joined_blobs(grown, more),
                _ => format!("{grown}{more}"),
            };
            self.reasoning.insert(name.clone(), json!(joined));
        }
    }

    fn finish(self) -> Value {
        match self.kind {
            Kind::Text => json!({ "text": self.text }),
            Kind::Tool => self.finish_tool(),
            Kind::Reasoning if self.reasoning.contains_key("redactedContent") => {
                json!({ "reasoningContent": self.reasoning })
            }
            Kind::Reasoning => {
                let mut reasoning = self.reasoning;
                // A required member of ReasoningTextBlock, also where a stream sends a signature alone.
                reasoning.entry("text").or_insert_with(|| json!(""));
                json!({ "reasoningContent": { "reasoningText": reasoning } })
            }
            Kind::Other => self.finish_other(),
        }
    }

    fn finish_tool(self) -> Value {
        let start = self.start.as_ref().and_then(|start| start.get("toolUse"));
        let mut tool = start.and_then(Value::as_object).cloned().unwrap_or_default();
        let input = if self.input.trim().is_empty() { json!({}) } else { parsed(self.input) };
        tool.insert("input".to_owned(), input);
        json!({ "toolUse": tool })
    }

    fn finish_other(self) -> Value {
        if self.others.iter().any(|other| other.get("citation").is_some()) {
            let citations: Vec<&Value> =
                self.others.iter().filter_map(|other| other.get("citation")).collect();
            return json!({ "citationsContent": { "citations": citations, "content": [{ "text": self.text }] } });
        }
        self.start.or_else(|| self.others.into_iter().next()).unwrap_or(Value::Null)
    }
}

/// redactedContent is a blob: each delta is base64 of its own, with padding of its own. What is no base64 stays text.
fn joined_blobs(first: &str, second: &str) -> String {
    let bytes = BASE64.decode(first).and_then(|bytes| Ok([bytes, BASE64.decode(second)?].concat()));
    bytes.map_or_else(|_| format!("{first}{second}"), |bytes| BASE64.encode(bytes))
}

/// Input that is no JSON has no unary form: it stays the text that it is.
fn parsed(input: String) -> Value {
    serde_json::from_str(&input).unwrap_or(Value::String(input))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derive;
    use crate::seed::Seed;
    use faultline_wire::Family;

    #[test]
    fn a_signature_alone_becomes_reasoning_with_an_empty_text() {
        let delta = json!({"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "c2ln"}}});
        let folded = fold(&[Event::from_payload("contentBlockDelta", delta)]);
        let expected = json!({"reasoningContent": {"reasoningText": {"text": "", "signature": "c2ln"}}});
        assert_eq!(folded.content, [expected]);
    }

    #[test]
    fn folding_what_was_derived_gives_the_message_back() {
        let message = json!([
            {"reasoningContent": {"reasoningText": {"text": "Let me see.", "signature": "s1g"}}},
            {"text": "Both, then."},
            {"toolUse": {"toolUseId": "a", "name": "n", "input": {"z": 1, "a": "é"}}},
            {"toolUse": {"toolUseId": "b", "name": "n", "input": {}}},
        ]);
        let blocks: Vec<derive::Block> = serde_json::from_value(message.clone()).unwrap();
        for family in [Family::Claude, Family::Nova, Family::Cohere, Family::Other] {
            let events = derive::events(&blocks, "tool_use", true, family, &Seed::new(3));
            let folded = fold(&events);
            assert_eq!(json!(folded.content), message, "{family:?}");
            assert_eq!(folded.stop_reason.as_deref(), Some("tool_use"));
        }
    }

    #[test]
    fn redacted_deltas_are_joined_as_bytes() {
        let check = |pieces: [&str; 2], joined: &str| {
            let part = |text| Delta::Reasoning(json!({ "redactedContent": text }));
            let events = pieces.map(|text| Event::ContentBlockDelta { index: 0, delta: part(text) });
            assert_eq!(
                fold(&events).content,
                [json!({"reasoningContent": {"redactedContent": joined}})],
                "{pieces:?}"
            );
        };
        check(["YQ==", "YmM="], "YWJj");
        check(["YWJj", "ZA=="], "YWJjZA==");
        check(["not base64", "!"], "not base64!");
    }
}
