//! What a recorded answer means: its kinds of events and fields, its error, its words, its times. Two answers that mean the
//! same may differ in every byte. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_scenarios::file::Reply;
use faultline_scenarios::recorded::{HowEnded, RecordedFrame};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an answer means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meaning {
    /// HTTP status.
    pub status: u16,
    /// The media type, without parameters.
    pub content_type: String,
    /// The AWS error name.
    pub error: Option<String>,
    /// Its message.
    pub message: Option<String>,
    /// Kinds of events in the order of their first appearance: `contentBlockDelta.text`.
    pub kinds: Vec<String>,
    /// Fields and their types: `messageStop.stopReason: string`.
    pub fields: BTreeSet<String>,
    /// The stop reason.
    pub stop_reason: Option<String>,
    /// How it ended.
    pub how: HowEnded,
    /// The model's text.
    pub text: String,
    /// Its tool calls: name and input as they came.
    pub tools: Vec<(String, String)>,
    /// `usage`: names and numbers, in this order.
    pub usage: BTreeMap<String, u64>,
    /// From the request to the first frame, or to the body, in milliseconds.
    pub first: Option<f64>,
    /// The waits between frames, in milliseconds.
    pub gaps: Vec<f64>,
    /// The waits between contentBlockDelta frames, or those of a model's own stream, in milliseconds.
    pub delta_gaps: Vec<f64>,
    /// Lengths of the text deltas, in characters.
    pub fragments: Vec<usize>,
    /// From the request to the end, in milliseconds.
    pub total: f64,
}

impl Meaning {
    /// The meaning of a recorded answer; `None` for a reply that is no recording.
    pub fn of(reply: &Reply) -> Option<Self> {
        let mut meaning = Self { status: 200, ..Self::default() };
        meaning.head(reply);
        match (&reply.frames, &reply.body) {
            (Some(frames), _) => meaning.stream(frames),
            (None, Some(body)) => {
                meaning.first = Some(body.t_ms);
                meaning.total = meaning.total.max(body.t_ms);
                meaning.body(body.json.as_ref(), body.text.as_deref());
            }
            (None, None) => return None,
        }
        Some(meaning)
    }

    fn head(&mut self, reply: &Reply) {
        if let Some(head) = &reply.head {
            let header = |name: &str| head.headers.get(name).and_then(Value::as_str);
            self.status = head.status;
            let whole = header("content-type").unwrap_or_default();
            self.content_type = whole.split(';').next().unwrap_or_default().trim().to_owned();
            // `ValidationException:http://internal...`: the name ends where the colon stands.
            self.error = header("x-amzn-errortype").map(|name| short(name).to_owned());
            self.total = head.t_ms;
        }
        if let Some(end) = &reply.end {
            (self.how, self.total) = (end.how, self.total.max(end.t_ms));
        }
    }

    fn stream(&mut self, frames: &[RecordedFrame]) {
        self.first = frames.first().map(|first| first.t_ms);
        self.gaps = frames.windows(2).map(|pair| pair[1].t_ms - pair[0].t_ms).collect();
        self.total = frames.last().map_or(self.total, |last| self.total.max(last.t_ms));
        let (mut open, mut last) = (None, None);
        for frame in frames {
            if self.frame(frame, &mut open) {
                self.delta_gaps.extend(last.replace(frame.t_ms).map(|last| frame.t_ms - last));
            }
        }
        self.tools.extend(open);
    }

    /// Takes in one frame; whether it is a delta.
    fn frame(&mut self, frame: &RecordedFrame, open: &mut Option<(String, String)>) -> bool {
        let Some(name) = frame.event.as_ref().or(frame.exception.as_ref()) else {
            self.kind("undecodable".to_owned());
            return false;
        };
        let inner = frame.payload.as_ref().map(|payload| inside(payload).unwrap_or_else(|| payload.clone()));
        let payload = inner.unwrap_or_default();
        let kind = kind(name, &payload);
        fields(&kind, &payload, &mut self.fields);
        self.kind(kind);
        if frame.exception.is_some() {
            self.error = Some(name.clone());
            self.message = payload["message"].as_str().map(str::to_owned);
        }
        self.say(&payload, open);
        self.count(&payload);
        let of_a_block = payload.get("contentBlockIndex").or_else(|| payload.get("index")).is_some();
        of_a_block && payload.get("delta").is_some()
    }

    fn kind(&mut self, kind: String) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Text, tool calls and the stop reason of one event, of Converse or of an Anthropic stream.
    fn say(&mut self, payload: &Value, open: &mut Option<(String, String)>) {
        let text = payload.pointer("/delta/text").and_then(Value::as_str);
        if let Some(text) = text {
            self.fragments.push(text.chars().count());
            self.text.push_str(text);
        }
        let begun = payload.pointer("/start/toolUse/name").or_else(|| payload.pointer("/content_block/name"));
        if let Some(name) = begun.and_then(Value::as_str) {
            self.tools.extend(open.replace((name.to_owned(), String::new())));
        }
        let input =
            payload.pointer("/delta/toolUse/input").or_else(|| payload.pointer("/delta/partial_json"));
        if let (Some(input), Some((_, so_far))) = (input.and_then(Value::as_str), open.as_mut()) {
            so_far.push_str(input);
        }
        let reason = payload.get("stopReason").or_else(|| payload.pointer("/delta/stop_reason"));
        if let Some(reason) = reason.and_then(Value::as_str) {
            self.stop_reason = Some(reason.to_owned());
        }
    }

    fn count(&mut self, payload: &Value) {
        let usage = payload.get("usage").and_then(Value::as_object).into_iter().flatten();
        self.usage.extend(usage.filter_map(|(name, value)| Some((name.clone(), value.as_u64()?))));
    }

    fn body(&mut self, json: Option<&Value>, text: Option<&str>) {
        let Some(body) = json else {
            self.text = text.unwrap_or_default().to_owned();
            return;
        };
        fields("body", body, &mut self.fields);
        self.message =
            body.get("message").or_else(|| body.get("Message")).and_then(Value::as_str).map(str::to_owned);
        let content = body.pointer("/output/message/content").or_else(|| body.get("content"));
        for block in content.and_then(Value::as_array).into_iter().flatten() {
            self.text.push_str(block["text"].as_str().unwrap_or_default());
            let tool = block.get("toolUse").unwrap_or(block);
            if let Some(name) = tool["name"].as_str() {
                self.tools.push((name.to_owned(), tool["input"].to_string()));
            }
        }
        let reason = body.get("stopReason").or_else(|| body.get("stop_reason"));
        self.stop_reason = reason.and_then(Value::as_str).map(str::to_owned);
        self.count(body);
    }
}

/// The name of an error without what AWS hangs onto it.
fn short(name: &str) -> &str {
    let name = name.split(':').next().unwrap_or_default();
    name.rsplit('#').next().unwrap_or_default()
}

/// What an InvokeModel chunk holds: JSON in base64.
fn inside(payload: &Value) -> Option<Value> {
    let bytes = BASE64.decode(payload.get("bytes")?.as_str()?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// `contentBlockDelta.text`, `chunk.content_block_delta.text_delta`, `metadata`.
fn kind(name: &str, payload: &Value) -> String {
    let member = |value: Option<&Value>| {
        value.and_then(Value::as_object).and_then(|object| object.keys().next().cloned())
    };
    let mut kind = name.to_owned();
    let own = payload.get("type").and_then(Value::as_str);
    let inner = payload.get("delta").or_else(|| payload.get("start"));
    let inner = match own {
        Some(_) => inner.and_then(|inner| inner["type"].as_str()).map(str::to_owned),
        None => member(inner),
    };
    for part in own.map(str::to_owned).into_iter().chain(inner) {
        kind.push('.');
        kind.push_str(&part);
    }
    kind
}

/// Every field below `value`, with its type. What a model makes up as the input of a tool has no fields of ours.
fn fields(path: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}.{name}");
                if name == "input" && member.is_object() {
                    into.insert(format!("{path}: object"));
                } else {
                    fields(&path, member, into);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(&format!("{path}[]"), item, into)),
        plain => {
            into.insert(format!("{path}: {}", type_of(plain)));
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn meaning(reply: Value) -> Meaning {
        Meaning::of(&serde_json::from_value(reply).unwrap()).unwrap()
    }

    #[test]
    fn a_stream_means_its_events_words_and_times() {
        let frames = json!([
            {"t_ms": 100, "event": "messageStart", "payload": {"role": "assistant"}},
            {"t_ms": 120, "event": "contentBlockDelta", "payload": {"contentBlockIndex": 0, "delta": {"text": "Hel"}}},
            {"t_ms": 150, "event": "contentBlockDelta", "payload": {"contentBlockIndex": 0, "delta": {"text": "lo"}}},
            {"t_ms": 150, "event": "contentBlockStart", "payload": {"contentBlockIndex": 1, "start": {"toolUse": {"name": "f", "toolUseId": "t"}}}},
            {"t_ms": 151, "event": "contentBlockDelta", "payload": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{}"}}}},
            {"t_ms": 160, "event": "messageStop", "payload": {"stopReason": "tool_use"}},
            {"t_ms": 170, "event": "metadata", "payload": {"usage": {"inputTokens": 3, "outputTokens": 4}}},
        ]);
        let seen = meaning(json!({"head": {"t_ms": 90}, "frames": frames, "end": {"t_ms": 171}}));
        assert_eq!((seen.text.as_str(), seen.tools.clone()), ("Hello", vec![("f".into(), "{}".into())]));
        assert_eq!((seen.first, seen.total, seen.fragments), (Some(100.0), 171.0, vec![3, 2]));
        assert_eq!(seen.gaps, [20.0, 30.0, 0.0, 1.0, 9.0, 10.0]);
        assert_eq!(seen.delta_gaps, [30.0, 1.0]);
        assert_eq!(seen.stop_reason.as_deref(), Some("tool_use"));
        assert_eq!(seen.usage["outputTokens"], 4);
        let kinds = [
            "messageStart",
            "contentBlockDelta.text",
            "contentBlockStart.toolUse",
            "contentBlockDelta.toolUse",
            "messageStop",
            "metadata",
        ];
        assert_eq!(seen.kinds, kinds);
        assert!(seen.fields.contains("messageStop.stopReason: string"), "{:?}", seen.fields);
    }

    #[test]
    fn chunks_of_a_model_mean_what_is_in_them() {
        let chunk =
            |event: Value| json!({"event": "chunk", "payload": {"bytes": BASE64.encode(event.to_string())}});
        let seen = meaning(json!({"frames": [
            chunk(json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}})),
            chunk(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}})),
        ]}));
        assert_eq!((seen.text.as_str(), seen.stop_reason.as_deref()), ("Hi", Some("end_turn")));
        assert_eq!(seen.kinds, ["chunk.content_block_delta.text_delta", "chunk.message_delta"]);
    }

    #[test]
    fn an_error_means_its_name_and_message_wherever_it_comes() {
        let head = json!({"status": 429, "headers": {"x-amzn-errortype": "ThrottlingException:http://x/", "content-type": "application/json"}});
        let seen = meaning(json!({"head": head, "body": {"json": {"message": "Too many"}}}));
        assert_eq!(
            (seen.status, seen.error.as_deref(), seen.message.as_deref()),
            (429, Some("ThrottlingException"), Some("Too many"))
        );
        let seen = meaning(
            json!({"frames": [{"exception": "throttlingException", "payload": {"message": "Slow"}}]}),
        );
        assert_eq!(
            (seen.error.as_deref(), seen.message.as_deref()),
            (Some("throttlingException"), Some("Slow"))
        );
    }

    #[test]
    fn a_whole_answer_means_its_message() {
        let body = json!({"output": {"message": {"content": [{"text": "Hi"}, {"toolUse": {"name": "f", "input": {"a": 1}}}]}}, "stopReason": "tool_use"});
        let seen = meaning(json!({"body": {"json": body, "t_ms": 7}}));
        assert_eq!((seen.text.as_str(), seen.first), ("Hi", Some(7.0)));
        assert_eq!(seen.tools, [("f".to_owned(), r#"{"a":1}"#.to_owned())]);
        assert!(!seen.fields.iter().any(|field| field.contains("input.a")), "{:?}", seen.fields);
    }
}
