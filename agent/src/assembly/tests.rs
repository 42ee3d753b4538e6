//! Properties of the fold: how a message was cut up must not show in it.

use aws_sdk_bedrockruntime::types::{
    ContentBlockDeltaEvent, ContentBlockStartEvent, ContentBlockStopEvent, MessageStopEvent,
    ToolUseBlockDelta, ToolUseBlockStart,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn start(block: i32, id: &str) -> ConverseStreamOutput {
    let start = ToolUseBlockStart::builder().tool_use_id(id).name("x").build().unwrap();
    let event = ContentBlockStartEvent::builder()
        .content_block_index(block)
        .start(ContentBlockStart::ToolUse(start))
        .build();
    ConverseStreamOutput::ContentBlockStart(event.unwrap())
}

fn fragment(block: i32, input: &str) -> ConverseStreamOutput {
    let delta = ContentBlockDelta::ToolUse(ToolUseBlockDelta::builder().input(input).build().unwrap());
    let event = ContentBlockDeltaEvent::builder().content_block_index(block).delta(delta).build();
    ConverseStreamOutput::ContentBlockDelta(event.unwrap())
}

fn close(block: i32) -> ConverseStreamOutput {
    ConverseStreamOutput::ContentBlockStop(
        ContentBlockStopEvent::builder().content_block_index(block).build().unwrap(),
    )
}

fn stop() -> ConverseStreamOutput {
    ConverseStreamOutput::MessageStop(
        MessageStopEvent::builder().stop_reason(StopReason::ToolUse).build().unwrap(),
    )
}

/// The tool inputs of a stream that sends `fragments`, each to its block.
fn inputs(blocks: i32, fragments: &[(i32, String)]) -> Vec<Map<String, Value>> {
    let starts = (0..blocks).map(|block| start(block, &format!("id{block}")));
    let fragments = fragments.iter().map(|(block, input)| fragment(*block, input));
    let events = starts.chain(fragments).chain((0..blocks).rev().map(close)).chain([stop()]);
    let mut assembly = Assembly::default();
    for event in events {
        assembly.take(event).unwrap();
    }
    let reply = assembly.finish(None).unwrap();
    reply.tool_uses().map(|tool| tool.input.clone().unwrap()).collect()
}

/// Text that holds what JSON escapes and what takes more than one byte.
fn member() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!['a', '"', '\\', '\n', 'é', '😀', '{', '\u{0}']), 0..8)
        .prop_map(String::from_iter)
}

/// `text` in pieces of at most `size` characters, the sizes taken in turn; 0 is an empty fragment.
fn pieces(text: &str, sizes: &[usize]) -> Vec<String> {
    let mut rest: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        pieces.push(rest.drain(..(*size).min(rest.len())).collect());
    }
    pieces
}

/// All pieces, each block's in order, the blocks drawn from by `turns`.
fn interleave(mut queues: Vec<Vec<String>>, turns: &[usize]) -> Vec<(i32, String)> {
    let mut sent = Vec::new();
    for turn in turns.iter().cycle() {
        let Some(at) =
            (0..queues.len()).map(|n| (n + turn) % queues.len()).find(|at| !queues[*at].is_empty())
        else {
            break;
        };
        sent.push((i32::try_from(at).unwrap(), queues[at].remove(0)));
    }
    sent
}

proptest! {
    #[test]
    fn any_cutting_and_interleaving_gives_the_inputs_that_were_sent(
        members in prop::collection::vec(member(), 1..4),
        mut sizes in prop::collection::vec(0_usize..9, 1..6),
        turns in prop::collection::vec(0_usize..4, 1..6),
    ) {
        sizes.push(1); // so that every text is used up
        let sent: Vec<Value> = members.iter().map(|text| json!({ "q": text, "n": 10.5 })).collect();
        let queues = sent.iter().map(|input| pieces(&input.to_string(), &sizes)).collect();
        let blocks = i32::try_from(sent.len()).unwrap();
        let received = inputs(blocks, &interleave(queues, &turns));
        prop_assert_eq!(received.into_iter().map(Value::Object).collect::<Vec<_>>(), sent);
    }
}
