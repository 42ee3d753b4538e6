//! A message becomes the stream events that a model family would send for it.

use crate::seed::Seed;
use crate::style;
use faultline_wire::event::Delta;
use faultline_wire::{Event, Family};
use serde_json::{Map, Value, json};

/// A content block as its author wrote it: one Bedrock member, and maybe `fragments` and `literal`.
pub type Block = Map<String, Value>;

/// The member beside Bedrock's own that a block may have: the pieces that it arrives in.
pub const FRAGMENTS: &str = "fragments";

/// The member that a toolUse block may have beside Bedrock's own: `true` where casting keeps its name and input, `input`
/// where it keeps the input alone. It means nothing to an agent that the scenario was written for.
pub const LITERAL: &str = "literal";

/// The deltas of one block between its start and its stop.
struct Parts {
    start: Option<Value>,
    deltas: Vec<Delta>,
}

/// The events of a message, from messageStart to messageStop. Each block draws from a seed of its own.
pub fn events(
    blocks: &[Block],
    stop_reason: &str,
    interleave: bool,
    family: Family,
    seed: &Seed,
) -> Vec<Event> {
    let parts: Vec<Parts> =
        (0_u64..).zip(blocks).map(|(at, block)| parts(block, family, &mut seed.of(at))).collect();
    let mut events = vec![Event::MessageStart { role: "assistant".to_owned() }];
    let mut at = 0;
    while at < parts.len() {
        let end = if interleave { at + tools_from(&parts[at..]).max(1) } else { at + 1 };
        block_events(at as u64, &parts[at..end], &mut events);
        at = end;
    }
    events.push(Event::MessageStop { stop_reason: stop_reason.to_owned(), extra: Map::new() });
    events
}

/// How many blocks from here on are tool blocks.
fn tools_from(parts: &[Parts]) -> usize {
    parts.iter().take_while(|part| part.start.is_some()).count()
}

/// Starts, deltas in turns, stops: one block is the plain case.
fn block_events(first: u64, parts: &[Parts], events: &mut Vec<Event>) {
    let numbered = || (first..).zip(parts);
    for (index, part) in numbered() {
        events.extend(part.start.clone().map(|start| Event::ContentBlockStart { index, start }));
    }
    let longest = parts.iter().map(|part| part.deltas.len()).max().unwrap_or(0);
    for turn in 0..longest {
        let deltas = numbered().filter_map(|(index, part)| Some((index, part.deltas.get(turn)?.clone())));
        events.extend(deltas.map(|(index, delta)| Event::ContentBlockDelta { index, delta }));
    }
    events.extend(numbered().map(|(index, _)| Event::ContentBlockStop { index }));
}

fn parts(block: &Block, family: Family, seed: &mut Seed) -> Parts {
    if let Some(Value::String(text)) = block.get("text") {
        let pieces = fragments(block).unwrap_or_else(|| style::text_pieces(family, text, seed));
        return Parts { start: None, deltas: pieces.into_iter().map(Delta::Text).collect() };
    }
    if let Some(Value::Object(tool)) = block.get("toolUse") {
        return tool_parts(block, tool, family, seed);
    }
    if let Some(reasoning) = block.get("reasoningContent") {
        return Parts { start: None, deltas: reasoning_deltas(block, reasoning, family, seed) };
    }
    let citations = block.get("citationsContent").unwrap_or(&Value::Null);
    Parts { start: None, deltas: citation_deltas(citations, family, seed) }
}

fn tool_parts(block: &Block, tool: &Map<String, Value>, family: Family, seed: &mut Seed) -> Parts {
    let mut start = tool.clone();
    let input = start.shift_remove("input").unwrap_or_else(|| json!({}));
    let pieces = fragments(block).unwrap_or_else(|| style::tool_pieces(family, &input, seed));
    Parts {
        start: Some(json!({ "toolUse": start })),
        deltas: pieces.into_iter().map(Delta::ToolInput).collect(),
    }
}

/// Text first, the signature as the last delta: so in every recording.
fn reasoning_deltas(block: &Block, reasoning: &Value, family: Family, seed: &mut Seed) -> Vec<Delta> {
    if let Some(redacted) = reasoning.get("redactedContent") {
        return vec![Delta::Reasoning(json!({ "redactedContent": redacted }))];
    }
    let text = reasoning.pointer("/reasoningText/text").and_then(Value::as_str).unwrap_or_default();
    let pieces = fragments(block).unwrap_or_else(|| style::text_pieces(family, text, seed));
    let mut deltas: Vec<Delta> =
        pieces.into_iter().map(|piece| Delta::Reasoning(json!({ "text": piece }))).collect();
    if let Some(signature) = reasoning.pointer("/reasoningText/signature") {
        deltas.push(Delta::Reasoning(json!({ "signature": signature })));
    }
    deltas
}

fn citation_deltas(content: &Value, family: Family, seed: &mut Seed) -> Vec<Delta> {
    let texts = faultline_wire::message::list(content.get("content")).iter();
    let mut deltas: Vec<Delta> = texts
        .filter_map(|part| part.get("text").and_then(Value::as_str))
        .flat_map(|text| style::text_pieces(family, text, seed))
        .map(Delta::Text)
        .collect();
    let citations = faultline_wire::message::list(content.get("citations")).iter();
    deltas.extend(citations.map(|citation| Delta::Other(json!({ "citation": citation }))));
    deltas
}

/// The exact pieces that the author asks for.
fn fragments(block: &Block) -> Option<Vec<String>> {
    let pieces = block.get(FRAGMENTS)?.as_array()?;
    Some(pieces.iter().filter_map(|piece| piece.as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(json: Value) -> Vec<Block> {
        serde_json::from_value(json).unwrap()
    }

    fn names(events: &[Event]) -> Vec<String> {
        events
            .iter()
            .map(|event| {
                format!("{}{}", event.name(), event.index().map_or(String::new(), |i| format!(" {i}")))
            })
            .collect()
    }

    #[test]
    fn text_has_no_start_and_every_block_has_a_stop() {
        let message = blocks(
            json!([{"text": "Hi", "fragments": ["H", "i"]}, {"toolUse": {"toolUseId": "t", "name": "n"}, "fragments": []}]),
        );
        assert_eq!(
            names(&events(&message, "tool_use", false, Family::Nova, &Seed::new(1))),
            [
                "messageStart",
                "contentBlockDelta 0",
                "contentBlockDelta 0",
                "contentBlockStop 0",
                "contentBlockStart 1",
                "contentBlockStop 1",
                "messageStop"
            ]
        );
    }

    #[test]
    fn interleaved_tools_take_turns_after_the_text() {
        let tool = |id: &str| json!({"toolUse": {"toolUseId": id, "name": "n"}, "fragments": ["{", "}"]});
        let message = blocks(json!([{"text": "a"}, tool("x"), tool("y")]));
        let names = names(&events(&message, "tool_use", true, Family::Nova, &Seed::new(1)));
        assert_eq!(
            names[3..9],
            [
                "contentBlockStart 1",
                "contentBlockStart 2",
                "contentBlockDelta 1",
                "contentBlockDelta 2",
                "contentBlockDelta 1",
                "contentBlockDelta 2"
            ]
        );
        assert_eq!(names[9..11], ["contentBlockStop 1", "contentBlockStop 2"]);
    }

    #[test]
    fn reasoning_sends_its_signature_last() {
        let message = blocks(
            json!([{"reasoningContent": {"reasoningText": {"text": "so", "signature": "sig"}}, "fragments": ["so"]}]),
        );
        let events = events(&message, "end_turn", false, Family::Claude, &Seed::new(1));
        assert_eq!(
            events[2],
            Event::ContentBlockDelta { index: 0, delta: Delta::Reasoning(json!({"signature": "sig"})) }
        );
    }
}
