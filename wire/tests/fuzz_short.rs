//! A short run of the fuzzer's entry in the normal tests: seeded mutations of good frames, bounded in number.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_wire::frame::{Header, HeaderValue};
use faultline_wire::{Frame, fuzz};

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

/// Good frames of every kind: all events, exceptions, all header types, no headers, no payload. Written as bytes
/// are recorded, not by our encoder: it is under test.
fn seeds() -> Vec<Vec<u8>> {
    let event = |(name, payload): (&str, &'static str)| Frame::event(name, payload);
    let events = [
        ("messageStart", r#"{"p":"abcd","role":"assistant"}"#),
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":1,"p":"ab","start":{"toolUse":{"name":"n","toolUseId":"t"}}}"#,
        ),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"hé\ud83d\ude00\n"},"p":"abc"}"#),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"a\": 1.5"}},"p":"abc"}"#,
        ),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":2,"delta":{"reasoningContent":{"text":"so"}},"p":"abc"}"#,
        ),
        ("contentBlockStop", r#"{"contentBlockIndex":0,"p":"abcdefghijk"}"#),
        (
            "messageStop",
            r#"{"additionalModelResponseFields":{"z":1,"a":[]},"p":"ab","stopReason":"end_turn"}"#,
        ),
        ("metadata", r#"{"metrics":{"latencyMs":7},"p":"ab","usage":{"inputTokens":1,"outputTokens":2}}"#),
        ("chunk", r#"{"bytes":"eyJ0eXBlIjoicGluZyJ9","p":"abcdef"}"#),
        ("new", r#"[-1,1e3,null,"\\",{"a":0.1}]"#),
    ];
    let mut frames: Vec<Frame> = events.into_iter().map(event).collect();
    frames.push(Frame::exception("throttlingException", r#"{"message":"m"}"#));
    frames.extend([Frame::error("code", "m"), Frame::new(every_header(), "{}"), Frame::new(Vec::new(), "")]);
    frames.iter().map(|frame| frame.encode().unwrap().to_vec()).collect()
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
