//! Encode and decode one ConverseStream, beside the bare codec in the same run: what our typed model costs.
//!
//! `cargo bench -p faultline-wire`. The ratios at the end are medians of alternating rounds, so that a machine
//! that slows down slows both sides.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "a bench speaks to people")]

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::{Buf, Bytes};
use criterion::{Criterion, Throughput};
use faultline_wire::event::Delta;
use faultline_wire::{Decoder, Event, FramedEvent};
use serde_json::json;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Text deltas of a stream, of 20 characters each.
const DELTAS: u8 = 50;

/// Rounds of the comparison.
const ROUNDS: usize = 41;

/// Streams coded in one round, each side.
const STREAMS: usize = 40;

fn events() -> Vec<FramedEvent> {
    let mut events = vec![Event::MessageStart { role: "assistant".into() }];
    events.extend((0..DELTAS).map(|number| Event::ContentBlockDelta {
        index: 0,
        delta: Delta::Text(format!("twenty characters {number:02}")),
    }));
    events.push(Event::ContentBlockStop { index: 0 });
    events.push(Event::MessageStop { stop_reason: "end_turn".into(), extra: serde_json::Map::new() });
    let metadata = json!({"metrics": {"latencyMs": 900}, "usage": {"inputTokens": 20, "outputTokens": 250, "totalTokens": 270}});
    events.push(Event::Metadata(metadata.as_object().unwrap().clone()));
    // Short paddings in turns: 54 frames come to about the 10,050 bytes that other measurements use.
    let padded = |(event, padding)| FramedEvent { event, padding: Some(padding) };
    events.into_iter().zip((2..29).cycle()).map(padded).collect()
}

/// What the bare codec starts from: event types and payloads that somebody has serialised.
fn payloads(events: &[FramedEvent]) -> Vec<(String, Bytes)> {
    events.iter().map(|event| (event.event.name().to_owned(), event.to_frame().payload().clone())).collect()
}

fn encode_ours(events: &[FramedEvent]) -> Vec<u8> {
    events.iter().flat_map(|event| event.encode().unwrap()).collect()
}

fn encode_raw(payloads: &[(String, Bytes)]) -> Vec<u8> {
    let mut out = Vec::new();
    let text =
        |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
    for (name, payload) in payloads {
        let message = Message::new(payload.clone())
            .add_header(text(":event-type", name))
            .add_header(text(":content-type", "application/json"))
            .add_header(text(":message-type", "event"));
        write_message_to(&message, &mut out).unwrap();
    }
    out
}

fn decode_events(stream: &[u8]) -> usize {
    let mut decoder = Decoder::new();
    decoder.push(stream);
    let mut count = 0;
    while let Some(frame) = decoder.next_frame().unwrap() {
        black_box(FramedEvent::from_frame(&frame).unwrap());
        count += 1;
    }
    count
}

fn decode_frames(stream: &[u8]) -> usize {
    let mut decoder = Decoder::new();
    decoder.push(stream);
    std::iter::from_fn(|| decoder.next_frame().unwrap()).map(black_box).count()
}

fn decode_raw(mut stream: &[u8]) -> usize {
    let mut decoder = MessageFrameDecoder::new();
    let mut count = 0;
    while stream.has_remaining() {
        let DecodedFrame::Complete(message) = decoder.decode_frame(&mut stream).unwrap() else { break };
        black_box(message);
        count += 1;
    }
    count
}

fn groups(criterion: &mut Criterion, events: &[FramedEvent], payloads: &[(String, Bytes)], stream: &[u8]) {
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function("encode events", |bench| bench.iter(|| encode_ours(black_box(events))));
    group.bench_function("encode raw", |bench| bench.iter(|| encode_raw(black_box(payloads))));
    group.bench_function("decode to events", |bench| bench.iter(|| decode_events(black_box(stream))));
    group.bench_function("decode to frames", |bench| bench.iter(|| decode_frames(black_box(stream))));
    group.bench_function("decode raw", |bench| bench.iter(|| decode_raw(black_box(stream))));
    group.finish();
}

/// How long `ours` takes for each unit of time of `raw`: the median of alternating rounds.
fn ratio<A, B>(ours: impl Fn() -> A, raw: impl Fn() -> B) -> f64 {
    let mut ratios: Vec<f64> =
        (0..ROUNDS).map(|_| time(&ours).as_secs_f64() / time(&raw).as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

fn time<T>(work: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    (0..STREAMS).for_each(|_| drop(black_box(work())));
    start.elapsed()
}

fn main() {
    let events = events();
    let payloads = payloads(&events);
    let stream = encode_ours(&events);
    assert_eq!(encode_raw(&payloads), stream, "both sides make the same bytes");
    assert_eq!([decode_events(&stream), decode_frames(&stream), decode_raw(&stream)], [54; 3]);
    println!("one ConverseStream: 54 frames, {} bytes", stream.len());
    let mut criterion = Criterion::default().configure_from_args();
    groups(&mut criterion, &events, &payloads, &stream);
    criterion.final_summary();
    println!("time of ours / time of the bare codec (raw starts from, or stops at, unparsed JSON):");
    println!("  encode events    {:.2}", ratio(|| encode_ours(&events), || encode_raw(&payloads)));
    println!("  decode to events {:.2}", ratio(|| decode_events(&stream), || decode_raw(&stream)));
    println!("  decode to frames {:.2}", ratio(|| decode_frames(&stream), || decode_raw(&stream)));
}
