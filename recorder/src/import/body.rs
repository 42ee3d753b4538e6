//! The ways in which other tools write the bytes of a body: base64, hex, texts of one byte a character, gzip. Pure.

use crate::depth::{DEEPEST, fits};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use serde_json::Value;
use std::io::Read;

/// The longest body that is unpacked, in bytes: Bedrock's own requests and answers are shorter.
const LONGEST: u64 = 256 * 1024 * 1024;

/// A body as its file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Content {
    /// None.
    #[default]
    Nothing,
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// JSON that was parsed: its spaces are lost.
    Json(Value),
    /// Bytes in the pieces in which they came.
    Pieces(Vec<Vec<u8>>),
}

impl Content {
    /// What was parsed at its origin: a text that stands there is a JSON text.
    pub(super) fn into_json(self) -> Self {
        match self {
            Self::Text(text) => Self::Json(Value::String(text)),
            other => other,
        }
    }

    /// The bytes, in their pieces. A text that must be `frames` and is none in UTF-8 may hold one byte in each character.
    pub(super) fn pieces(self, is_frames: impl Fn(&[u8]) -> bool) -> Vec<Vec<u8>> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Bytes(bytes) => vec![bytes],
            Self::Json(value) => vec![value.to_string().into_bytes()],
            Self::Pieces(pieces) => pieces,
            Self::Text(text) => match latin1(&text) {
                Some(bytes) if !text.is_ascii() && !is_frames(text.as_bytes()) && is_frames(&bytes) => {
                    vec![bytes]
                }
                _ => vec![text.into_bytes()],
            },
        }
    }
}

/// The bytes of a text with one byte in each character.
fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
}

/// Holds JSON to what a cassette can hold.
///
/// # Errors
/// That it nests deeper.
pub(super) fn shallow(value: &Value) -> Result<(), String> {
    if !fits(value) {
        return Err(format!("its JSON nests deeper than {DEEPEST} levels, which a cassette cannot hold"));
    }
    Ok(())
}

/// Decodes base64; line breaks do not matter.
///
/// # Errors
/// What is wrong with it.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, String> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(packed).map_err(|why| format!("its body is no base64: {why}"))
}

/// Decodes hex.
///
/// # Errors
/// What is wrong with it.
pub(super) fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes()
        .chunks(2)
        .map(pair)
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| "its body is no hex".to_owned())
}

/// Whether a text can be hex.
pub(super) fn is_hex(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The bytes without their `content-encoding`. Many tools unpack a body and leave the header: what does not begin like
/// packed bytes is taken as it is.
///
/// # Errors
/// When they are packed in a way that we cannot read, or are broken.
pub(super) fn unpacked(bytes: Vec<u8>, encoding: Option<&str>) -> Result<Vec<u8>, String> {
    let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    if bytes.starts_with(&[0x1F, 0x8B, 8]) {
        return read(MultiGzDecoder::new(&bytes[..]), "gzip");
    }
    let is_plain = bytes.is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
    match encoding.as_str() {
        "deflate" if !is_plain => {
            let wrapped = read(ZlibDecoder::new(&bytes[..]), "deflate");
            wrapped.or_else(|_| read(DeflateDecoder::new(&bytes[..]), "deflate"))
        }
        "br" | "zstd" if !is_plain && std::str::from_utf8(&bytes).is_err() => {
            Err(format!("its body is packed with `{encoding}`, which is not read: record it again without"))
        }
        _ => Ok(bytes),
    }
}

fn read(from: impl Read, how: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let read = from.take(LONGEST + 1).read_to_end(&mut out);
    read.map_err(|why| format!("its body is no sound {how}: {why}"))?;
    if out.len() as u64 > LONGEST { Err(format!("its body is longer than {LONGEST} bytes")) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_base64_say_what_is_wrong() {
        assert_eq!(hex("00fFa1"), Ok(vec![0, 255, 161]));
        for bad in ["0", "0g", "é"] {
            assert_eq!(hex(bad), Err("its body is no hex".to_owned()), "{bad}");
        }
        assert_eq!(base64("aG\nk="), Ok(b"hi".to_vec()));
        assert!(base64("a").unwrap_err().starts_with("its body is no base64"));
    }

    #[test]
    fn a_header_that_lies_is_not_believed() {
        assert_eq!(unpacked(b"{}".to_vec(), Some("gzip")), Ok(b"{}".to_vec()));
        assert_eq!(unpacked(b"{}".to_vec(), Some("br")), Ok(b"{}".to_vec()));
        assert!(unpacked(vec![0xFF, 1], Some("br")).unwrap_err().contains("record it again"));
        assert!(unpacked(vec![0x1F, 0x8B, 8, 1], None).unwrap_err().starts_with("its body is no sound gzip"));
    }

    #[test]
    fn a_text_of_frames_may_have_one_byte_a_character() {
        let frames = |bytes: &[u8]| bytes == [0, 0xE9];
        assert_eq!(Content::Text("\0é".into()).pieces(frames), [vec![0, 0xE9]]);
        assert_eq!(Content::Text("é".into()).pieces(frames), ["é".as_bytes()]);
        assert!(Content::Nothing.pieces(frames).is_empty());
    }
}
