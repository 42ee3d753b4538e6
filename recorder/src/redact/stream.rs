//! Secrets in a stream, also those that arrive in several deltas: the texts of a block are looked at as one.
//!
//! Frames wait here until no secret can reach from them into what is still to come, and no longer: what is held stays small
//! however long the stream is.

use super::{Finding, Redactor};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_scenarios::recorded::RecordedFrame;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// So much held is looked through: bytes of text.
const BATCH: usize = 16 * 1024;

/// The end of a text that stays behind, so that the words in front of a secret are seen together with it.
const TAIL: usize = 256;

/// However the texts stand, no more than this is held.
const MOST: usize = 128 * 1024;

/// The marks of a key in PEM (RFC 7468).
const BEGIN: &str = "-----BEGIN";
const END: &str = "-----END";

/// Members of the families' chunks that hold a text in pieces.
const PIECES: [&str; 5] = ["/generation", "/outputText", "/outputs/0/text", "/text", "/completion"];

/// The frames of one stream on their way.
#[derive(Debug)]
pub struct StreamRedactor {
    redactor: Arc<Redactor>,
    held: Vec<Held>,
    size: usize,
    /// The size at which they are looked through next.
    due: usize,
}

/// A frame that waits; what it says is the payload, or the JSON inside a chunk.
#[derive(Debug)]
struct Held {
    frame: RecordedFrame,
    says: Value,
    is_chunk: bool,
}

/// Where a text goes on: contentBlockIndex and the place in the payload.
type Place = (u64, String);

/// The pieces of one text: the frame that holds each, and where it stands in the whole.
#[derive(Default)]
struct Text {
    whole: String,
    pieces: Vec<(usize, Range<usize>)>,
    /// The frame after which nothing more comes.
    closed: Option<usize>,
    /// Its secrets, in order.
    found: Vec<Finding>,
    /// Where a key in PEM begins whose end is still to come.
    open: Option<usize>,
}

impl StreamRedactor {
    /// At the start of a stream.
    pub fn new(redactor: Arc<Redactor>) -> Self {
        Self { redactor, held: Vec::new(), size: 0, due: BATCH }
    }

    /// Takes a frame; those that are done.
    pub fn push(&mut self, frame: RecordedFrame) -> Vec<RecordedFrame> {
        let held = Held::new(frame);
        self.size += held.size();
        self.held.push(held);
        if self.size < self.due {
            return Vec::new();
        }
        let texts = self.texts();
        let cut = self.cut(&texts);
        let ready = self.release(&texts, cut);
        self.due = self.size + BATCH;
        ready
    }

    /// The end: all that are left.
    pub fn finish(mut self) -> Vec<RecordedFrame> {
        let (texts, all) = (self.texts(), self.held.len());
        self.release(&texts, all)
    }

    /// The texts that come in pieces.
    fn texts(&self) -> BTreeMap<Place, Text> {
        let mut texts: BTreeMap<Place, Text> = BTreeMap::new();
        for (at, held) in self.held.iter().enumerate() {
            let index = held.index();
            each_text(&held.says, &mut String::new(), &mut |pointer, piece| {
                if is_piece(pointer) {
                    let text = texts.entry((index, pointer.to_owned())).or_default();
                    let start = text.whole.len();
                    text.whole.push_str(piece);
                    text.pieces.push((at, start..text.whole.len()));
                }
            });
            if held.closes() {
                texts
                    .iter_mut()
                    .filter(|((block, _), _)| *block == index)
                    .for_each(|(_, text)| text.closed = Some(at));
            }
        }
        for text in texts.values_mut() {
            text.found = self.redactor.findings(&text.whole);
            text.open = text.whole.rfind(BEGIN).filter(|begin| !text.whole[*begin..].contains(END));
        }
        texts
    }

    /// How many frames can go.
    fn cut(&self, texts: &BTreeMap<Place, Text>) -> usize {
        let allowed = |cut: &usize| texts.values().all(|text| text.may_part(*cut));
        let found = (1..self.held.len()).rev().find(allowed).unwrap_or(0);
        if self.size > MOST && found == 0 { self.held.len() / 2 } else { found }
    }

    /// The first `cut` frames, without their secrets.
    fn release(&mut self, texts: &BTreeMap<Place, Text>, cut: usize) -> Vec<RecordedFrame> {
        let last = cut == self.held.len();
        for ((_, pointer), text) in texts {
            let done = if last { text.whole.len() } else { text.place(cut) };
            let found = text.found.iter().filter(|finding| finding.range.end <= done);
            // From the back, so that places in front stay what they are.
            found.rev().for_each(|finding| self.replace(text, pointer, finding));
        }
        let rest = self.held.split_off(cut);
        let ready = std::mem::replace(&mut self.held, rest);
        self.size = self.held.iter().map(Held::size).sum();
        ready.into_iter().map(|held| held.finish(&self.redactor)).collect()
    }

    /// The name stands in the piece in which the secret begins; the others lose their part of it.
    fn replace(&mut self, text: &Text, pointer: &str, finding: &Finding) {
        let Finding { range: secret, name, kind } = finding;
        self.redactor.count(kind);
        for (frame, piece) in &text.pieces {
            let part = secret.start.max(piece.start)..secret.end.min(piece.end);
            if part.is_empty() {
                continue;
            }
            let instead = if piece.contains(&secret.start) { name } else { "" };
            if let Some(Value::String(said)) = self.held[*frame].says.pointer_mut(pointer) {
                said.replace_range(part.start - piece.start..part.end - piece.start, instead);
            }
        }
    }
}

impl Text {
    /// Where the pieces from frame `cut` on begin.
    fn place(&self, cut: usize) -> usize {
        let next = self.pieces.partition_point(|(frame, _)| *frame < cut);
        self.pieces.get(next).map_or(self.whole.len(), |(_, piece)| piece.start)
    }

    /// Whether no secret can reach from the frames before `cut` into those after it, or into what is still to come.
    fn may_part(&self, cut: usize) -> bool {
        let place = self.place(cut);
        let is_over = self.closed.is_some_and(|frame| frame < cut);
        if place == 0 || (is_over && place == self.whole.len()) {
            return true;
        }
        let (before, after) = self.whole.split_at(place);
        let parts = !before.ends_with(is_token) || !after.starts_with(is_token);
        let is_clear = self.open.is_none_or(|begin| place <= begin);
        let inside = |finding: &Finding| finding.range.start < place && place < finding.range.end;
        let enough = after.len() >= TAIL || self.closed.is_some();
        parts && is_clear && enough && !self.found.iter().any(inside)
    }
}

/// Letters that keys and tokens are made of.
fn is_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/=_.~@%-".contains(letter)
}

/// Whether a member holds a piece of a longer text.
fn is_piece(pointer: &str) -> bool {
    pointer.contains("delta") || PIECES.contains(&pointer)
}

/// Every text in a value, with its JSON pointer.
fn each_text(value: &Value, at: &mut String, look: &mut impl FnMut(&str, &str)) {
    let length = at.len();
    match value {
        Value::String(text) => look(at, text),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                at.push('/');
                at.push_str(&number.to_string());
                each_text(item, at, look);
                at.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                at.push('/');
                at.push_str(&name.replace('~', "~0").replace('/', "~1"));
                each_text(value, at, look);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

impl Held {
    fn new(frame: RecordedFrame) -> Self {
        let inner = frame.event.as_deref().filter(|name| *name == "chunk").and_then(|_| chunk(&frame));
        let is_chunk = inner.is_some();
        let says = inner.unwrap_or_else(|| frame.payload.clone().unwrap_or_default());
        Self { frame, says, is_chunk }
    }

    fn size(&self) -> usize {
        let mut size = self.frame.raw.as_ref().map_or(0, String::len);
        each_text(&self.says, &mut String::new(), &mut |_, text| size += text.len() + 64);
        size + 64
    }

    /// contentBlockIndex, or what the families call it.
    fn index(&self) -> u64 {
        let names = ["/contentBlockIndex", "/index", "/contentBlockDelta/contentBlockIndex"];
        names.iter().find_map(|name| self.says.pointer(name)?.as_u64()).unwrap_or(0)
    }

    /// Whether nothing more comes of its block.
    fn closes(&self) -> bool {
        let name = self.says.get("type").and_then(Value::as_str).or(self.frame.event.as_deref());
        matches!(name, Some("contentBlockStop" | "content_block_stop"))
    }

    fn finish(mut self, redactor: &Redactor) -> RecordedFrame {
        redactor.value(&mut self.says);
        if let Some(raw) = &mut self.frame.raw {
            let bytes = BASE64.decode(&*raw).unwrap_or_default();
            *raw = BASE64.encode(redactor.bytes(&bytes));
        }
        if !self.is_chunk {
            self.frame.payload = self.frame.payload.map(|_| self.says);
        } else if chunk(&self.frame).as_ref() != Some(&self.says) {
            let bytes = BASE64.encode(self.says.to_string());
            self.frame.payload = Some(json!({ "bytes": bytes }));
        }
        self.frame
    }
}

/// The JSON inside a chunk of an invoke stream.
fn chunk(frame: &RecordedFrame) -> Option<Value> {
    let bytes = BASE64.decode(frame.payload.as_ref()?.get("bytes")?.as_str()?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(index: u64, text: &str) -> RecordedFrame {
        let payload = json!({"contentBlockIndex": index, "delta": {"text": text}});
        RecordedFrame {
            event: Some("contentBlockDelta".into()),
            payload: Some(payload),
            ..RecordedFrame::default()
        }
    }

    fn stop(index: u64) -> RecordedFrame {
        let payload = Some(json!({"contentBlockIndex": index}));
        RecordedFrame { event: Some("contentBlockStop".into()), payload, ..RecordedFrame::default() }
    }

    /// What each delta says in the end, and the most frames that were held.
    fn said(frames: Vec<RecordedFrame>) -> (Vec<String>, usize) {
        let mut stream = StreamRedactor::new(Arc::default());
        let (mut out, mut most) = (Vec::new(), 0);
        for frame in frames {
            out.extend(stream.push(frame));
            most = most.max(stream.held.len());
        }
        out.extend(stream.finish());
        let text = |frame: RecordedFrame| {
            frame.payload.unwrap().pointer("/delta/text").map(|text| text.as_str().unwrap().to_owned())
        };
        (out.into_iter().filter_map(text).collect(), most)
    }

    fn key() -> String {
        format!("AKIA{}", "A1B2C3D4E5F6G7H8")
    }

    #[test]
    fn a_secret_in_several_deltas_is_one() {
        let key = key();
        let frames = vec![
            delta(0, "My key is AK"),
            delta(0, &key[2..9]),
            delta(1, "other"),
            delta(0, &key[9..]),
            delta(0, ", keep it."),
        ];
        let expected = ["My key is redacted-access-key-id-1", "", "other", "", ", keep it."];
        assert_eq!(said(frames).0, expected);
        let two = format!("{key} and jo@exam");
        assert_eq!(
            said(vec![delta(0, &two), delta(0, "ple.org.")]).0,
            ["redacted-access-key-id-1 and email-1@redacted.invalid", "."]
        );
    }

    #[test]
    fn a_long_stream_is_let_through_and_no_cut_helps_a_secret() {
        let key = key();
        // Letters one by one, with a secret that comes at every place against the batches.
        let text: String = (0..900).map(|n| format!("{}{key} ", "word ".repeat(n % 13))).collect();
        let frames: Vec<RecordedFrame> =
            text.chars().map(|letter| delta(0, &letter.to_string())).chain([stop(0)]).collect();
        let count = frames.len();
        let (out, most) = said(frames);
        assert!(most < 600, "{most} of {count} were held");
        assert_eq!(out.len(), count - 1);
        let out = out.concat();
        assert!(!out.contains("AKIA"), "{out}");
        assert_eq!(out.matches("redacted-access-key-id-1 ").count(), 900);
    }

    #[test]
    fn a_text_without_any_space_is_let_through_all_the_same() {
        let frames: Vec<RecordedFrame> =
            (0..10_000).map(|_| delta(0, "abcdefghijklmnopqrstuvwxyz")).collect();
        let (out, most) = said(frames);
        assert_eq!(out.concat().len(), 10_000 * 26);
        assert!(most < 2000, "{most}");
    }

    #[test]
    fn chunks_of_the_families_are_looked_into() {
        let chunk = |text: &str| {
            let inner = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
            let payload = Some(json!({"bytes": BASE64.encode(inner.to_string())}));
            RecordedFrame { event: Some("chunk".into()), payload, p: Some(3), ..RecordedFrame::default() }
        };
        let mut stream = StreamRedactor::new(Arc::default());
        let mut out = stream.push(chunk("Ask jo@ex"));
        out.extend(stream.push(chunk("ample.org now")));
        out.extend(stream.finish());
        let texts: Vec<Value> =
            out.iter().map(|frame| super::chunk(frame).unwrap()["delta"]["text"].clone()).collect();
        assert_eq!(texts, ["Ask email-1@redacted.invalid", " now"]);
        let plain = chunk("nothing here");
        let mut stream = StreamRedactor::new(Arc::default());
        stream.push(plain.clone());
        assert_eq!(stream.finish(), [plain], "without a secret it stays as it was");
    }
}
