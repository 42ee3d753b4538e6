//! The model layer: images in a request. Paths are 0-based.

use super::model::errors;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_wire::Call;
use faultline_wire::message::{list, text_member};
use serde_json::Value;

/// The most images and documents that older models take in one request.
const MOST: usize = 20;
/// The most characters of base64 that an image may have.
const BYTES: usize = 5 * 1024 * 1024;
/// The longest side, in pixels, of any image of a request with more than [`MOST`] images.
const SIDE: u32 = 2000;

/// An image and where it stands.
struct Image<'a> {
    /// `messages.0.content.1`, and inside a tool result its place there.
    place: String,
    members: &'a Value,
    in_result: bool,
}

/// An image inside a tool result, for models that take images beside it only. The text speaks of the message that
/// holds the result.
pub fn in_result(call: &Call) -> Option<String> {
    images(call).iter().any(|image| image.in_result).then(|| {
        "This model doesn't support the image field for user messages. Remove image and try again.".to_owned()
    })
}

/// More images and documents than the model takes. Seen without its usual beginning (boto/boto3#4632) and with it.
pub fn too_many(call: &Call) -> Option<String> {
    let (images, documents) = (images(call).len(), blocks(call, "document").len());
    (images + documents > MOST)
        .then(|| errors(&format!("too many images and documents: {images} + {documents} > {MOST}")))
}

/// An image of more than 5 MB as base64. The path inside a tool result was not captured; worded by us.
pub fn too_large(call: &Call) -> Option<String> {
    images(call).iter().find_map(|image| {
        let length = base64_of(image.members).len();
        (length > BYTES).then(|| {
            errors(&format!(
                "{}.image.source.bytes: image exceeds 5 MB maximum: {length} bytes > {BYTES} bytes",
                image.place
            ))
        })
    })
}

/// A PNG with a side of more than 2000 pixels in a request of more than 20 images. Other formats are not measured.
/// The words are Anthropic's; Converse's path was not captured and is that of [`too_large`].
pub fn too_wide(call: &Call) -> Option<String> {
    let images = images(call);
    let wide = images.iter().find(|image| longest_side(image.members).is_some_and(|side| side > SIDE))?;
    (images.len() > MOST).then(|| {
        errors(&format!(
            "{}.image.source.bytes: At least one of the image dimensions exceed max allowed size for many-image requests: {SIDE} pixels",
            wide.place
        ))
    })
}

fn images(call: &Call) -> Vec<Image<'_>> {
    blocks(call, "image")
}

/// The blocks of a kind in the messages, those inside tool results included.
fn blocks<'a>(call: &'a Call, kind: &str) -> Vec<Image<'a>> {
    let mut found = Vec::new();
    for (at, message) in list(call.body.get("messages")).iter().enumerate() {
        for (inner, block) in list(message.get("content")).iter().enumerate() {
            let place = format!("messages.{at}.content.{inner}");
            if let Some(members) = block.get(kind) {
                found.push(Image { place, members, in_result: false });
                continue;
            }
            let items = block.get("toolResult").map_or(&[][..], |result| list(result.get("content")));
            found.extend(items.iter().enumerate().filter_map(|(item, block)| {
                let place = format!("{place}.tool_result.content.{item}");
                Some(Image { place, members: block.get(kind)?, in_result: true })
            }));
        }
    }
    found
}

fn base64_of(image: &Value) -> &str {
    image.get("source").map_or("", |source| text_member(source, "bytes"))
}

/// Width or height of a PNG, from its first chunk: 16 bytes of signature and chunk head, then two big-endian numbers
/// (PNG specification, 11.2.2).
fn longest_side(image: &Value) -> Option<u32> {
    let head = BASE64.decode(base64_of(image).get(..32)?).ok()?;
    let sides = head.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
    let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    Some(number(&sides[..4]).max(number(&sides[4..])))
}
