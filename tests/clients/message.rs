//! What an answer says, unary or streamed: text, tool calls, reasoning, how it closed. Pure.
//!
//! It knows no expectation.

use serde_json::{Map, Value, json};

use crate::driver::Outcome;

/// The events with neighbours of one kind and block counted.
pub(crate) fn counted(outcome: &Outcome) -> Vec<String> {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for event in &outcome.events {
        let index = event.payload["contentBlockIndex"].as_u64();
        let name = index.map_or_else(|| event.kind.clone(), |index| format!("{} {index}", event.kind));
        match runs.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => runs.push((name, 1)),
        }
    }
    let text = |(name, count)| if count == 1 { name } else { format!("{name} x{count}") };
    runs.into_iter().map(text).collect()
}

/// What an answer says, put together from the events of a stream or read from a unary answer.
#[derive(Debug, Default)]
pub(crate) struct Message {
    /// The text of all blocks.
    pub(crate) text: String,
    /// The tool calls, whole.
    pub(crate) tools: Vec<Value>,
    /// `{ text, signature }` or `{ redactedContent }`.
    pub(crate) reasoning: Option<Value>,
    /// Why it stopped.
    pub(crate) stop_reason: Option<String>,
    /// As it came.
    pub(crate) usage: Option<Value>,
    /// Only if it came as an integer.
    pub(crate) latency_ms: Option<u64>,
}

impl Message {
    /// The message of an outcome.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        outcome.output.as_ref().map_or_else(|| Self::of_events(outcome), Self::of_answer)
    }

    fn of_answer(answer: &Value) -> Self {
        let blocks = answer["output"]["message"]["content"].as_array().cloned().unwrap_or_default();
        let reasoning = |block: &Value| {
            let content = block.get("reasoningContent")?;
            Some(content.get("reasoningText").unwrap_or(content).clone())
        };
        Self {
            text: blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
            tools: blocks.iter().filter_map(|block| block.get("toolUse").cloned()).collect(),
            reasoning: blocks.iter().find_map(reasoning),
            ..Self::closing(answer, answer)
        }
    }

    fn of_events(outcome: &Outcome) -> Self {
        let last = |kind| {
            let found = outcome.events.iter().rfind(|event| event.kind == kind);
            found.map_or(&Value::Null, |event| &event.payload)
        };
        Self {
            text: outcome.text(),
            tools: tools(outcome),
            reasoning: reasoning(outcome),
            ..Self::closing(last("messageStop"), last("metadata"))
        }
    }

    fn closing(stop: &Value, metadata: &Value) -> Self {
        Self {
            stop_reason: stop["stopReason"].as_str().map(str::to_owned),
            usage: metadata.get("usage").cloned(),
            latency_ms: metadata.pointer("/metrics/latencyMs").and_then(Value::as_u64),
            ..Self::default()
        }
    }
}

/// The tool calls in the order of their starts, each with its own fragments joined.
fn tools(outcome: &Outcome) -> Vec<Value> {
    let starts = outcome.events.iter().filter(|event| event.kind == "contentBlockStart");
    let tool = |payload: &Value| {
        let mut tool = payload.pointer("/start/toolUse")?.clone();
        let input = outcome.fragments(payload["contentBlockIndex"].as_u64()?).concat();
        tool["input"] = match input.as_str() {
            "" => json!({}),
            _ => serde_json::from_str(&input).unwrap_or(Value::String(input)),
        };
        Some(tool)
    };
    starts.filter_map(|event| tool(&event.payload)).collect()
}

/// The members of every reasoning delta, texts joined.
fn reasoning(outcome: &Outcome) -> Option<Value> {
    let mut joined: Map<String, Value> = Map::new();
    let deltas = outcome.events.iter().filter_map(|event| event.payload.pointer("/delta/reasoningContent"));
    for (name, value) in deltas.filter_map(Value::as_object).flatten() {
        let before = joined.get(name).and_then(Value::as_str).unwrap_or_default();
        let text = format!("{before}{}", value.as_str().unwrap_or_default());
        joined.insert(name.clone(), Value::String(text));
    }
    (!joined.is_empty()).then_some(Value::Object(joined))
}
