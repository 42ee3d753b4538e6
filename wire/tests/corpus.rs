//! Recorded traffic is the judge: every stream decodes and re-encodes to its own bytes through our model.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use faultline_wire::FramedEvent;
use faultline_wire::decoder::Decoder;
use std::path::PathBuf;

/// Frames that differ for a known reason, at most these two: a hand-edited fixture of another project, and a
/// free-form document that kept its own key order.
const KNOWN_EXCEPTIONS: usize = 2;

#[test]
fn every_recorded_frame_re_encodes_to_identical_bytes() {
    let Some(folder) = corpus() else { return };
    let mut differing = Vec::new();
    let (mut streams, mut frames) = (0, 0);
    for file in streams_of(&folder) {
        streams += 1;
        let mut decoder = Decoder::new();
        decoder.push(&std::fs::read(&file).unwrap());
        while let Some((frame, bytes)) = decoder.next_with_bytes().unwrap() {
            frames += 1;
            let again = FramedEvent::from_frame(&frame).unwrap_or_else(|| panic!("{frame:?}"));
            if again.encode().unwrap() != bytes {
                differing.push(format!("{}: {again:?}", file.display()));
            }
        }
        decoder.finish().unwrap();
    }
    println!("{frames} frames of {streams} streams, {} differ: {differing:#?}", differing.len());
    assert_eq!((streams, frames), (111, 3714));
    assert!(differing.len() <= KNOWN_EXCEPTIONS, "{differing:#?}");
}

fn streams_of(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("es")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn corpus() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");
    let folder = std::env::var_os("FAULTLINE_CORPUS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("FAULTLINE_REQUIRE_ALL").is_none(), "no corpus at {}", folder.display());
    println!("skipped: no corpus");
    None
}
