//! A short run of the fuzzer's entry in the normal tests: seeded mutations of good frames, bounded in number.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_wire::event::Delta;
use faultline_wire::frame::{Header, HeaderValue};
use faultline_wire::{Event, Frame, FramedEvent, fuzz};
use serde_json::json;

/// How many inputs: about two seconds of an unoptimised build.
const INPUTS: u64 = 12_000;

/// The longest input that mutations may grow to, in bytes.
const LONGEST: usize = 4096;

#[test]
fn no_mutation_of_good_frames_breaks_a_claim() {
    let seeds = seeds();
    for number in 0..INPUTS {
        let input = mutated(&seeds, &mut Draw(number));
        if let Err(claim) = fuzz::decode_any(&input) {
            panic!("input {number}, {input:02x?}: {claim}");
        }
    }
}

/// splitmix64 (Steele, Lea, Flood 2014), seeded with the number of the input: a failure repeats by its number.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

fn mutated(seeds: &[Vec<u8>], draw: &mut Draw) -> Vec<u8> {
    let mut input: Vec<u8> = (0..4).map(|_| draw.byte()).collect();
    for _ in 0..=draw.below(3) {
        input.extend(&seeds[draw.below(seeds.len())]);
    }
    for _ in 0..draw.below(6) {
        mutate(&mut input, draw);
    }
    input.truncate(LONGEST);
    input
}

fn mutate(input: &mut Vec<u8>, draw: &mut Draw) {
    let at = draw.below(input.len());
    let length = draw.below(16).min(input.len() - at);
    match draw.below(7) {
        0 if !input.is_empty() => input[at] ^= 1 << draw.below(8),
        1 if !input.is_empty() => input[at] = draw.byte(),
        2 => input.insert(at, draw.byte()),
        3 => drop(input.drain(at..at + length)),
        4 => input.truncate(at),
        5 => input.extend_from_within(at..at + length),
        _ => {
            // A header's type or length, or a digit of JSON, from elsewhere: more telling than noise.
            let from = draw.below(input.len());
            if let Some(byte) = input.get(from).copied() {
                input[at] = byte;
            }
        }
    }
}

/// Good frames of every kind: all our events, all header types, no headers, no payload.
fn seeds() -> Vec<Vec<u8>> {
    let events = [
        Event::MessageStart { role: "assistant".into() },
        Event::ContentBlockStart { index: 1, start: json!({"toolUse": {"name": "n", "toolUseId": "t"}}) },
        Event::ContentBlockDelta { index: 0, delta: Delta::Text("h\u{e9}\u{1f600}".into()) },
        Event::ContentBlockDelta { index: 1, delta: Delta::ToolInput("{\"a\": 1.5".into()) },
        Event::ContentBlockDelta { index: 2, delta: Delta::Reasoning(json!({"text": "so"})) },
        Event::ContentBlockStop { index: 0 },
        Event::MessageStop { stop_reason: "end_turn".into(), extra: serde_json::Map::new() },
        Event::Metadata(json!({"metrics": {"latencyMs": 7}, "usage": {}}).as_object().unwrap().clone()),
        Event::Chunk(bytes::Bytes::from_static(b"{\"type\":\"ping\"}")),
        Event::Exception { name: "throttlingException".into(), payload: json!({"message": "m"}) },
        Event::Other { name: "new".into(), payload: json!([-1, 1e3, null, "\\"]) },
    ];
    let padded = |event: Event| FramedEvent { event, padding: Some(7) }.encode().unwrap().to_vec();
    let mut seeds: Vec<Vec<u8>> = events.into_iter().map(padded).collect();
    let bare = [Frame::error("code", "m"), Frame::new(every_header(), "{}"), Frame::new(Vec::new(), "")];
    seeds.extend(bare.map(|frame| frame.encode().unwrap().to_vec()));
    seeds
}

fn every_header() -> Vec<Header> {
    use HeaderValue::*;
    let time = aws_smithy_types::DateTime::from_secs(1_700_000_000);
    let values = [
        Bool(true),
        Bool(false),
        Byte(-1),
        Int16(-2),
        Int32(3),
        Int64(-4),
        ByteArray("bytes".into()),
        String("text".into()),
        Timestamp(time),
        Uuid(5),
    ];
    values.into_iter().map(|value| Header::new("h", value)).collect()
}
