//! The codec vectors of the event-stream format: good ones re-encode identically, bad ones are refused with the
//! fault that their name says.
//!
//! The vectors of others are read from where the build already has them, in the published package of the codec,
//! and from `vectors/` of the recorded traffic. A few of our own are below.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use faultline_wire::decoder::{DecodeError, DecodeFault, Decoder, decode_all};
use faultline_wire::{Frame, fuzz};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn published_vectors_are_judged_as_their_names_say() {
    let folders: Vec<PathBuf> = [published(), recorded()].into_iter().flatten().collect();
    if folders.is_empty() {
        assert!(std::env::var_os("FAULTLINE_REQUIRE_ALL").is_none(), "no codec vectors found");
        println!("skipped: no codec vectors found");
    }
    for folder in folders {
        let (valid, invalid) = judge_folder(&folder);
        println!("{valid} valid and {invalid} invalid vectors of {}", folder.display());
        assert!(valid >= 3 && invalid >= 8, "vectors are missing in {}", folder.display());
    }
}

fn judge_folder(folder: &Path) -> (usize, usize) {
    let (mut valid, mut invalid) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).unwrap();
        if name.starts_with("valid_") {
            accept(&name, &bytes);
            valid += 1;
        } else if name.starts_with("invalid_") {
            refuse(&name, &bytes);
            invalid += 1;
        }
    }
    (valid, invalid)
}

/// `test_data` of the codec's package, wherever cargo keeps it. `None` where cargo cannot tell offline.
fn published() -> Option<PathBuf> {
    let cargo = |args: &[&str]| {
        let output = Command::new(env!("CARGO")).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
    };
    let about = String::from_utf8(cargo(&["-vV"])?).ok()?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
    // Only this platform's packages are sure to be downloaded.
    let metadata = cargo(&["metadata", "--frozen", "--format-version", "1", "--filter-platform", &host])?;
    let metadata: Value = serde_json::from_slice(&metadata).ok()?;
    let packages = metadata["packages"].as_array()?;
    let codec = packages.iter().find(|package| package["name"] == "aws-smithy-eventstream")?;
    let folder = Path::new(codec["manifest_path"].as_str()?).with_file_name("test_data");
    folder.is_dir().then_some(folder)
}

fn recorded() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");
    let corpus = std::env::var_os("FAULTLINE_CORPUS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    Some(corpus.join("vectors")).filter(|folder| folder.is_dir())
}

fn accept(name: &str, bytes: &[u8]) {
    let mut decoder = Decoder::new();
    decoder.push(bytes);
    let (frame, own) = decoder.next_with_bytes().unwrap().unwrap_or_else(|| panic!("{name}: no whole frame"));
    assert_eq!(own, bytes, "{name}");
    assert_eq!(frame.encode().unwrap(), bytes, "{name}");
    assert_eq!(decoder.finish(), Ok(()), "{name}");
}

/// A broken header is found behind a CRC that does not fit either: as published it is refused for its CRC, and
/// with right CRCs for the header.
fn refuse(name: &str, bytes: &[u8]) {
    let fault = |bytes: &[u8]| {
        let error: Option<DecodeError> = decode_all(bytes).1;
        error.unwrap_or_else(|| panic!("{name} was accepted")).fault
    };
    let published = fault(bytes);
    let Some(said) = header_fault(name) else {
        assert!(fits(name, &published), "{name}: {published}");
        return;
    };
    assert!(matches!(published, DecodeFault::MessageCrc { .. }), "{name}: {published}");
    assert_eq!(fault(&fuzz::sealed(bytes)), DecodeFault::Headers(said.to_owned()), "{name}");
}

fn header_fault(name: &str) -> Option<&'static str> {
    Some(match name {
        "invalid_header_name_length" | "invalid_header_name_length_too_long" => "invalid header name length",
        "invalid_header_string_length_cut_off" | "invalid_header_string_value_length" => {
            "invalid header value"
        }
        "invalid_header_value_type" => "invalid header value type: 96",
        _ => return None,
    })
}

fn fits(name: &str, fault: &DecodeFault) -> bool {
    match name {
        "invalid_headers_length" => matches!(fault, DecodeFault::Length { total: 89, headers: 77 }),
        "invalid_prelude_checksum" => matches!(fault, DecodeFault::PreludeCrc { found: 0xdead_beef, .. }),
        "invalid_message_checksum" => matches!(fault, DecodeFault::MessageCrc { found: 0xdead_beef, .. }),
        _ => panic!("{name} is a vector that this test does not know"),
    }
}

/// Frames assembled by hand from the format: total and headers length, their CRC; headers; payload; CRC.
const SOUND: [&str; 3] = [
    "00000010 00000000 05c248eb 7d98c8ff",
    "0000007f 00000052 9bc598af
     0b 3a6576656e742d74797065 07 000c 6d6573736167655374617274
     0d 3a636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e
     0d 3a6d6573736167652d74797065 07 0005 6576656e74
     7b2270223a226162222c22726f6c65223a22617373697374616e74227d 362c6c18",
    "00000080 00000061 ee713e35
     0f 3a657863657074696f6e2d74797065 07 0013 7468726f74746c696e67457863657074696f6e
     0d 3a636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e
     0d 3a6d6573736167652d74797065 07 0009 657863657074696f6e
     7b226d657373616765223a226d227d a0ec35f4",
];

#[test]
fn frames_assembled_by_hand_are_read_and_written() {
    for sound in SOUND {
        accept(sound, &hex(sound));
    }
    let start = r#"{"p":"ab","role":"assistant"}"#;
    assert_eq!(decode_all(&hex(SOUND[0])).0, [Frame::new(Vec::new(), "")]);
    assert_eq!(decode_all(&hex(SOUND[1])).0, [Frame::event("messageStart", start)]);
    assert_eq!(decode_all(&hex(SOUND[2])).0, [Frame::exception("throttlingException", r#"{"message":"m"}"#)]);
}

#[test]
fn preludes_assembled_by_hand_are_refused_at_once() {
    let check = |text: &str, expected: DecodeFault| {
        assert_eq!(decode_all(&hex(text)).1.unwrap().fault, expected, "{text}");
    };
    check("0000000f 00000000 e77248b8", DecodeFault::Length { total: 15, headers: 0 });
    check("00000010 00000001 72c5787d", DecodeFault::Length { total: 16, headers: 1 });
    check("00000010 00000000 00000000", DecodeFault::PreludeCrc { found: 0, computed: 0x05c2_48eb });
    check("00000010 00000000 05c248", DecodeFault::HalfFrame { have: 11, need: None });
    check("00000010 00000000 05c248eb 7d98c8", DecodeFault::HalfFrame { have: 15, need: Some(16) });
    check(
        "00000010 00000000 05c248eb 7d98c8fe",
        DecodeFault::MessageCrc { found: 0x7d98_c8fe, computed: 0x7d98_c8ff },
    );
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).unwrap()).collect()
}
