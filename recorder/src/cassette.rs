//! A cassette: the takes of one request as the text of a scenario file, a frame a line. Pure.
//!
//! What is written here loads as any scenario does and plays the same bytes again.

use crate::depth::fits;
use crate::frame_log::{FrameLog, millis};
use crate::take::{Chunk, Take};
use crate::yaml::{flow, quoted, word};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_scenarios::file::{OneOrMany, Provenance, When};
use faultline_scenarios::plan::EVENT_STREAM;
use faultline_scenarios::recorded::{HowEnded, Piece, RecordedBody, RecordedEnd, RecordedFrame};
use faultline_scenarios::text_match::{NamedMatch, TextMatch};
use faultline_wire::Header;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::time::Duration;

/// Headers that belong to one connection or are made anew for each answer.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "date", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// Headers of a request that say something of it.
const TELLING: [&str; 3] = ["accept", "content-type", "x-amzn-bedrock-"];

/// The file of one request's takes, each a text of [`reply`].
pub fn file(when: &When, from: &Provenance, replies: &[String]) -> String {
    let mut out = top(when, from);
    replies.iter().for_each(|reply| out.push_str(reply));
    out
}

/// Everything before the first take.
pub fn top(when: &When, from: &Provenance) -> String {
    let mut out = String::from("faultline: 1\n");
    let known = [
        ("date", &from.date),
        ("region", &from.region),
        ("by", &from.by),
        ("upstream", &from.upstream),
        ("test", &from.test),
    ];
    let known =
        known.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", word(value.as_ref()?))));
    let known: Vec<String> = known.collect();
    if !known.is_empty() {
        let _ = writeln!(out, "recorded: {{ {} }}", known.join(", "));
    }
    let _ = writeln!(out, "when: {{ {} }}", conditions(when).join(", "));
    out.push_str("order: takes\nreplies:\n");
    out
}

fn conditions(when: &When) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(OneOrMany::One(operation)) = &when.operation {
        all.push(format!("operation: {}", word(operation)));
    }
    all.extend(like(when.model.as_ref()).map(|text| format!("model: {{ like: {} }}", quoted(text))));
    all.extend(when.turn.map(|turn| format!("turn: {turn}")));
    all.extend(like(when.text.as_ref()).map(|text| format!("text: {{ like: {} }}", quoted(text))));
    let ids = when.tool_results.as_ref().map(|ids| ids.iter().map(|id| quoted(id)).collect::<Vec<_>>());
    all.extend(ids.map(|ids| format!("toolResults: [{}]", ids.join(", "))));
    all
}

fn like(text: Option<&TextMatch>) -> Option<&str> {
    match text {
        Some(TextMatch::Named(NamedMatch::Like(text))) => Some(text),
        _ => None,
    }
}

/// A take as one item of `replies`.
pub fn reply(take: &Take) -> String {
    let mut out = beginning(take);
    if is_stream(&take.headers) {
        let mut log = FrameLog::default();
        let mut frames: Vec<RecordedFrame> =
            take.chunks.iter().flat_map(|chunk| log.push(chunk.at, &chunk.bytes)).collect();
        frames.extend(log.finish());
        out.push_str(if frames.is_empty() { NO_FRAMES } else { FRAMES });
        frames.iter().for_each(|each| out.push_str(&frame(each)));
    } else {
        out.push_str(&body(&take.chunks));
    }
    out.push_str(&end(take.ended, take.how, &take.trailers));
    out
}

/// The line before the frames.
pub const FRAMES: &str = "    frames:\n";
/// The same where there are none.
pub const NO_FRAMES: &str = "    frames: []\n";

/// Whether the answer with these headers is an event stream.
pub fn is_stream(headers: &[Header]) -> bool {
    headers.iter().any(|(name, value)| name == "content-type" && value.starts_with(EVENT_STREAM))
}

/// What was asked, and the head of the answer.
pub fn beginning(take: &Take) -> String {
    let telling = |(name, _): &&Header| TELLING.iter().any(|part| name.starts_with(part));
    let kept = |(name, _): &&Header| !HOP_BY_HOP.contains(&name.as_str());
    asked(&members(take.call.headers.iter().filter(telling)), &take.call.body)
        + &head(millis(take.began), take.status, &members(take.headers.iter().filter(kept)))
}

/// What was asked; without a body that nests too deep for a file: nothing is matched against it.
pub(crate) fn asked(headers: &Map<String, Value>, body: &Value) -> String {
    let body = if body.is_null() || !fits(body) { String::new() } else { format!(", body: {}", flow(body)) };
    format!("  - asked: {{ headers: {}{body} }}\n", object(headers))
}

/// The head of an answer.
pub(crate) fn head(t_ms: f64, status: u16, headers: &Map<String, Value>) -> String {
    format!("    head: {{ t_ms: {t_ms}, status: {status}, headers: {} }}\n", object(headers))
}

fn object(members: &Map<String, Value>) -> String {
    flow(&Value::Object(members.clone()))
}

fn members<'a>(headers: impl Iterator<Item = &'a Header>) -> Map<String, Value> {
    headers.map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

/// One frame on one line.
pub fn frame(frame: &RecordedFrame) -> String {
    let mut parts = vec![format!("t_ms: {}", frame.t_ms)];
    parts.extend(frame.event.iter().map(|name| format!("event: {}", word(name))));
    parts.extend(frame.exception.iter().map(|name| format!("exception: {}", word(name))));
    parts.extend(frame.payload.iter().map(|payload| format!("payload: {}", flow(payload))));
    parts.extend(frame.p.map(|length| format!("p: {length}")));
    parts.extend(frame.raw.iter().map(|raw| format!("raw: {}", quoted(raw))));
    parts.extend(pieces(&frame.pieces));
    format!("      - {{ {} }}\n", parts.join(", "))
}

fn pieces(pieces: &[Piece]) -> Option<String> {
    let piece = |piece: &Piece| format!("{{ after: {}, t_ms: {} }}", piece.after, piece.t_ms);
    let all: Vec<String> = pieces.iter().map(piece).collect();
    (!all.is_empty()).then(|| format!("pieces: [{}]", all.join(", ")))
}

/// A body that is no event stream.
pub fn body(chunks: &[Chunk]) -> String {
    let chunks: Vec<&Chunk> = chunks.iter().filter(|chunk| !chunk.bytes.is_empty()).collect();
    let bytes: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    let mut parts = vec![content(&bytes)];
    parts.extend(chunks.first().map(|first| format!("t_ms: {}", millis(first.at))));
    let mut length = 0;
    let cuts = chunks.windows(2).map(|pair| {
        length += pair[0].bytes.len();
        Piece { after: length, t_ms: millis(pair[1].at) }
    });
    parts.extend(pieces(&cuts.collect::<Vec<_>>()));
    format!("    body: {{ {} }}\n", parts.join(", "))
}

/// As JSON where that fits and writing it again gives the same bytes, else as text, else in base64.
fn content(bytes: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(bytes).ok();
    match (json, std::str::from_utf8(bytes)) {
        (Some(value), _) if fits(&value) && value.to_string().as_bytes() == bytes => {
            format!("json: {}", flow(&value))
        }
        (_, Ok(text)) => format!("text: {}", quoted(text)),
        _ => format!("raw: {}", quoted(&BASE64.encode(bytes))),
    }
}

/// A body that was loaded.
pub(crate) fn recorded_body(body: &RecordedBody) -> String {
    let mut parts = vec![match body {
        RecordedBody { json: Some(value), .. } => format!("json: {}", flow(value)),
        RecordedBody { text: Some(text), .. } => format!("text: {}", quoted(text)),
        RecordedBody { raw, .. } => format!("raw: {}", quoted(raw.as_deref().unwrap_or_default())),
    }];
    parts.push(format!("t_ms: {}", body.t_ms));
    parts.extend(pieces(&body.pieces));
    format!("    body: {{ {} }}\n", parts.join(", "))
}

/// The end.
pub fn end(at: Duration, how: HowEnded, trailers: &[Header]) -> String {
    recorded_end(&RecordedEnd { t_ms: millis(at), how, trailers: members(trailers.iter()) })
}

/// An end that was loaded.
pub(crate) fn recorded_end(end: &RecordedEnd) -> String {
    let mut parts = vec![format!("t_ms: {}", end.t_ms)];
    parts.extend(match end.how {
        HowEnded::Complete => None,
        HowEnded::Cut => Some("how: cut".to_owned()),
        HowEnded::Reset => Some("how: reset".to_owned()),
        HowEnded::RstStream(code) => Some(format!("how: {{ rst_stream: {code} }}")),
        HowEnded::Goaway(code) => Some(format!("how: {{ goaway: {code} }}")),
        HowEnded::ClientLeft => Some("how: client_left".to_owned()),
    });
    if !end.trailers.is_empty() {
        parts.push(format!("trailers: {}", object(&end.trailers)));
    }
    format!("    end: {{ {} }}\n", parts.join(", "))
}
