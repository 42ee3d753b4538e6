//! Recorded traffic is the judge: every stream decodes and re-encodes to its own bytes through our model.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

#[path = "../../tests/support/corpus.rs"]
mod support;

use faultline_wire::decoder::Decoder;
use faultline_wire::{Event, FramedEvent};
use std::path::PathBuf;

/// Frames that may differ: a free-form document that kept its own key order, and a hand-edited fixture of another
/// project, are known among all public recordings. None of these recordings holds one.
const DIFFERING: usize = 0;

/// What a frame is to our model.
#[derive(Default, Debug, PartialEq)]
struct Seen {
    frames: usize,
    typed: usize,
    padded: usize,
    differing: Vec<String>,
}

#[test]
fn every_recorded_frame_is_typed_and_re_encodes_to_identical_bytes() {
    let Some(folder) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let files = streams_of(&folder);
    let mut seen = Seen::default();
    for file in &files {
        look(file, &mut seen);
    }
    println!("{} streams: {seen:?}", files.len());
    assert_eq!((files.len(), seen.frames), (111, 3714));
    assert_eq!(seen.typed, seen.frames, "every frame fits an event of our model");
    assert!(seen.padded > 3000, "most frames carry `p`, and its length survived");
    assert_eq!(seen.differing.len(), DIFFERING, "{:#?}", seen.differing);
}

fn look(file: &std::path::Path, seen: &mut Seen) {
    let mut decoder = Decoder::new();
    decoder.push(&std::fs::read(file).unwrap());
    while let Some((frame, bytes)) = decoder.next_with_bytes().unwrap() {
        let again = FramedEvent::from_frame(&frame).unwrap();
        seen.frames += 1;
        seen.typed += usize::from(!matches!(again.event, Event::Other { .. }));
        seen.padded += usize::from(again.padding.is_some());
        if again.encode().unwrap() != bytes {
            seen.differing.push(format!("{}: {again:?}", file.display()));
        }
    }
    decoder.finish().unwrap();
}

fn streams_of(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("es")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
