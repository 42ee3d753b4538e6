//! What an answer says, for people to compare: JSON with its keys in order, a stream as one line an event. Pure.
//!
//! The padding `p` of events is left out: it is there to hide lengths.

use faultline_scenarios::plan::{Act, EVENT_STREAM};
use faultline_scenarios::timeline::Timeline;
use faultline_wire::Frame;
use faultline_wire::decoder::decode_all;
use serde_json::{Map, Value};

/// The header that names an AWS error.
const ERROR: &str = "x-amzn-errortype";

/// As much of the answer as was handed to the connection; empty when nothing was.
pub(super) fn content(timeline: &Timeline) -> String {
    let mut lines = Vec::new();
    let mut body = Vec::new();
    let mut streams = false;
    for action in timeline.plan.actions().iter().take(timeline.done.len()) {
        match &action.act {
            Act::Head(head) => {
                streams = head.header("content-type") == Some(EVENT_STREAM);
                lines.extend(head.header(ERROR).map(|error| format!("{ERROR}: {error}")));
            }
            Act::Data { bytes, .. } => body.extend_from_slice(bytes),
            Act::End(_) => {}
        }
    }
    if !body.is_empty() {
        lines.push(said(&body, streams));
    }
    lines.join("\n")
}

/// Faults lie about content types, so what a body looks like counts too.
fn said(body: &[u8], streams: bool) -> String {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return format!("{:#}", sorted(&value));
    }
    let (frames, broken) = decode_all(body);
    if !streams && frames.is_empty() {
        return String::from_utf8_lossy(body).into_owned();
    }
    let mut lines: Vec<String> = frames.iter().map(line).collect();
    lines.extend(broken.map(|why| format!("(no more frames: {why})")));
    lines.join("\n")
}

/// `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Hi"}}`
fn line(frame: &Frame) -> String {
    let names = [":event-type", ":exception-type", ":error-code"];
    let name = names.iter().find_map(|name| frame.header(name)).unwrap_or("(no name)");
    let kind = frame.header(":message-type").filter(|kind| *kind != "event");
    let mut words: Vec<String> = kind.into_iter().chain([name]).map(str::to_owned).collect();
    words.extend(frame.header(":error-message").map(str::to_owned));
    words.extend(Some(payload(frame.payload())).filter(|payload| !payload.is_empty()));
    words.join(" ")
}

fn payload(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            value.as_object_mut().and_then(|members| members.shift_remove("p"));
            sorted(&value).to_string()
        }
        // On one line, whatever it holds.
        Err(_) => String::from_utf8_lossy(bytes).escape_debug().to_string(),
    }
}

/// The same value with the keys of every object in order: SDKs differ in theirs, and change them.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            Value::Object(
                keys.into_iter().map(|key| (key.clone(), sorted(&members[key]))).collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn frames(frames: &[Frame]) -> Vec<u8> {
        frames.iter().flat_map(|frame| frame.encode().unwrap()).collect()
    }

    #[test]
    fn a_body_is_shown_as_what_it_is() {
        let delta = frames(&[
            Frame::event("contentBlockDelta", r#"{"p":"abc","delta":{"text":"Hi"},"contentBlockIndex":0}"#),
            Frame::exception("throttlingException", r#"{"message":"Slow down"}"#),
            Frame::error("internalError", "Oops"),
            Frame::event("odd", "no\nJSON"),
        ]);
        let shown = "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi\"}}\n\
                     exception throttlingException {\"message\":\"Slow down\"}\n\
                     error internalError Oops\n\
                     odd no\\nJSON";
        let half = &delta[..delta.len() - 1];
        for (body, streams, expected) in [
            (
                &br#"{"b": 1, "a": {"d": 2, "c": 3}}"#[..],
                false,
                "{\n  \"a\": {\n    \"c\": 3,\n    \"d\": 2\n  },\n  \"b\": 1\n}",
            ),
            (b"<html>Bad Gateway</html>", false, "<html>Bad Gateway</html>"),
            (b"{\"half", false, "{\"half"),
            (
                b"<html>",
                true,
                "(no more frames: frame 0 at byte 0: half a frame at the end: 6 bytes of an unknown length)",
            ),
            (&delta, true, shown),
            (&delta, false, shown),
        ] {
            assert_eq!(said(body, streams), expected);
        }
        assert!(said(half, true).contains("Oops\n(no more frames: frame 3"), "{}", said(half, true));
    }

    #[test]
    fn keys_are_in_one_order() {
        let value = json!({"b": [{"d": 1, "c": 2}], "a": 0});
        assert_eq!(sorted(&value).to_string(), r#"{"a":0,"b":[{"c":2,"d":1}]}"#);
    }
}
