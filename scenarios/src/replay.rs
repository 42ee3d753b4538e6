//! A recorded answer as a plan: the same bytes, in the same pieces, at the same times, with the same end.

use crate::file::{RecordedFrame, Reply};
use crate::frames::{Timed, events_of, frames_of, last_time, millis};
use crate::plan::{Act, Action, BODY, EVENT_STREAM, Ending, Head, Label, PART, Plan};
use crate::recorded::{Piece, RecordedBody, RecordedEnd, RecordedHead};
use crate::setting::{CompileError, Setting};
use crate::unary::unary_of_events;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::time::Duration;

/// Frames: as a stream, or as the unary answer that they add up to.
pub(crate) fn of_frames(
    frames: &[RecordedFrame],
    reply: &Reply,
    setting: &Setting<'_>,
) -> Result<Plan, CompileError> {
    if !setting.operation.streams() {
        return unary_of_events(reply, &events_of(frames), last_time(frames, setting), setting);
    }
    let whole = frames_of(frames, setting)?;
    let start = whole.first().map_or(Duration::ZERO, |first| first.at);
    let pieces =
        whole.into_iter().zip(frames).flat_map(|(timed, frame)| pieces(timed, &frame.pieces, setting));
    plan(pieces.collect(), start, EVENT_STREAM, reply, setting)
}

/// A body that is no event stream.
pub(crate) fn of_body(
    body: &RecordedBody,
    reply: &Reply,
    setting: &Setting<'_>,
) -> Result<Plan, CompileError> {
    let at = setting.speed.scale(millis(body.t_ms));
    let label = Label { event: BODY.into(), index: None, gist: "".into() };
    let bytes = bytes(body).ok_or(CompileError::Body)?;
    let pieces = pieces(Timed { at, label, bytes }, &body.pieces, setting);
    let kind = if body.json.is_some() { "application/json" } else { "text/plain" };
    plan(pieces, at, kind, reply, setting)
}

/// The bytes of a recorded body; none when it is base64 that is none.
fn bytes(body: &RecordedBody) -> Option<Bytes> {
    match body {
        RecordedBody { json: Some(value), .. } => Some(value.to_string().into()),
        RecordedBody { text: Some(text), .. } => Some(text.clone().into()),
        RecordedBody { raw, .. } => BASE64.decode(raw.as_deref().unwrap_or_default()).ok().map(Bytes::from),
    }
}

/// A piece that is not the last one is no whole event yet.
fn pieces(whole: Timed, cuts: &[Piece], setting: &Setting<'_>) -> Vec<Timed> {
    let Timed { mut at, label, mut bytes } = whole;
    let (mut out, mut taken) = (Vec::with_capacity(cuts.len() + 1), 0);
    for cut in cuts.iter().filter(|cut| cut.after > 0) {
        let length = cut.after.saturating_sub(taken).min(bytes.len());
        let part = Label { event: PART.into(), ..label.clone() };
        let label = if &*label.event == BODY { label.clone() } else { part };
        out.push(Timed { at, label, bytes: bytes.split_to(length) });
        taken += length;
        at = at.max(setting.speed.scale(millis(cut.t_ms)));
    }
    out.push(Timed { at, label, bytes });
    out
}

fn plan(
    mut pieces: Vec<Timed>,
    start: Duration,
    content_type: &str,
    reply: &Reply,
    setting: &Setting<'_>,
) -> Result<Plan, CompileError> {
    let scale = |t_ms: f64| setting.speed.scale(millis(t_ms));
    let (mut head, mut began) = (Head::new(200, content_type), start);
    if let Some(recorded) = &reply.head {
        (head, began) = (recorded_head(recorded, content_type), scale(recorded.t_ms));
    }
    pieces.retain(|piece| !piece.bytes.is_empty());
    // Whatever a hand has written: no byte comes before its head.
    pieces.iter_mut().for_each(|piece| piece.at = piece.at.max(began));
    let last = pieces.last().map_or(began, |piece| piece.at);
    let (mut ending, mut over) = (Ending::Complete, last);
    if let Some(RecordedEnd { t_ms, how, trailers }) = &reply.end {
        (ending, over) = ((*how).into(), scale(*t_ms).max(last));
        head.trailers = texts(trailers);
    }
    if ending == Ending::Complete && head.header("content-length").is_some() {
        // What was told of a whole body must fit it, also where a hand has changed it.
        head.set("content-length", &pieces.iter().map(|piece| piece.bytes.len()).sum::<usize>().to_string());
    }
    let mut actions = vec![Action::new(began, Act::Head(head))];
    actions.extend(pieces.into_iter().map(|piece| Action::data(piece.at, piece.label, piece.bytes)));
    actions.push(Action::new(over, Act::End(ending)));
    Ok(Plan::new(actions)?)
}

fn recorded_head(recorded: &RecordedHead, content_type: &str) -> Head {
    let mut head = Head { status: recorded.status, headers: texts(&recorded.headers), trailers: Vec::new() };
    if head.header("content-type").is_none() && recorded.headers.is_empty() {
        head.set("content-type", content_type);
    }
    head
}

fn texts(members: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.iter().map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile;
    use crate::pace::Speed;
    use crate::seed::Seed;
    use faultline_wire::{Family, Operation};
    use serde_json::json;

    fn played(reply: &Value, speed: Speed) -> Plan {
        let reply: Reply = serde_json::from_value(reply.clone()).unwrap();
        let seed = Seed::new(1);
        let operation = Operation::ConverseStream;
        let setting =
            Setting { operation, family: Family::Claude, pace: None, speed, seed: &seed, prompt_chars: 0 };
        compile(&reply, &setting).unwrap()
    }

    fn times(plan: &Plan) -> Vec<u128> {
        plan.actions().iter().map(|action| action.at.as_micros()).collect()
    }

    #[test]
    fn a_stream_has_its_head_pieces_and_end_at_their_times() {
        let reply = json!({
            "head": {"t_ms": 4.5, "status": 200, "headers": {"content-type": EVENT_STREAM, "X-Amzn-RequestId": "r"}},
            "frames": [
                {"t_ms": 10, "event": "messageStart", "payload": {"role": "assistant"}},
                {"t_ms": 10, "event": "contentBlockStop", "payload": {"contentBlockIndex": 0},
                 "pieces": [{"after": 7, "t_ms": 12.25}, {"after": 20, "t_ms": 13}]},
            ],
            "end": {"t_ms": 20, "how": {"rst_stream": 8}, "trailers": {"x-sum": "1"}},
        });
        let plan = played(&reply, Speed::Written);
        assert_eq!(times(&plan), [4500, 10_000, 10_000, 12_250, 13_000, 20_000]);
        assert_eq!(plan.ending(), Ending::RstStream { code: 8 });
        let head = plan.head().unwrap();
        assert_eq!((head.header("x-amzn-requestid"), head.trailers[0].1.as_str()), (Some("r"), "1"));
        let labels: Vec<&str> = plan.actions().iter().filter_map(|a| Some(&*a.label()?.event)).collect();
        assert_eq!(labels, ["messageStart", PART, PART, "contentBlockStop"]);
        let lengths: Vec<usize> = plan.actions()[2..4].iter().map(|action| action.bytes().len()).collect();
        assert_eq!(lengths, [7, 13]);
        let whole = played(&json!({"frames": reply["frames"]}), Speed::Written);
        assert_eq!(whole.body(), plan.body(), "pieces change no byte");
        assert_eq!(times(&played(&reply, Speed::Factor(10.0)))[0], 450);
        assert!(times(&played(&reply, Speed::Max)).iter().all(|at| *at == 0));
    }

    #[test]
    fn a_body_is_played_as_it_was() {
        let check = |body: Value, kind: &str, bytes: &[u8]| {
            let plan = played(&json!({ "body": body }), Speed::Written);
            assert_eq!(
                (plan.body().as_slice(), plan.head().unwrap().header("content-type")),
                (bytes, Some(kind))
            );
        };
        check(json!({"json": {"b": 1, "a": [1.5]}}), "application/json", br#"{"b":1,"a":[1.5]}"#);
        check(json!({"text": "<html>"}), "text/plain", b"<html>");
        check(json!({"raw": "AAEC"}), "text/plain", &[0, 1, 2]);
        let head =
            json!({"t_ms": 1, "status": 503, "headers": {"x-amzn-errortype": "ServiceUnavailableException"}});
        let body = json!({"json": {}, "t_ms": 2, "pieces": [{"after": 1, "t_ms": 3}]});
        let plan = played(&json!({"head": head, "body": body}), Speed::Written);
        assert_eq!((times(&plan), plan.head().unwrap().status), (vec![1000, 2000, 3000, 3000], 503));
        assert_eq!(plan.head().unwrap().header("content-type"), None, "it had none");
    }

    #[test]
    fn the_length_of_a_whole_body_fits_and_that_of_half_a_body_stays() {
        let length = |how: &str| {
            let head = json!({"headers": {"content-length": "30"}});
            let plan = played(
                &json!({"head": head, "body": {"text": "0123456789"}, "end": {"how": how}}),
                Speed::Max,
            );
            plan.head().unwrap().header("content-length").map(str::to_owned)
        };
        assert_eq!((length("complete").as_deref(), length("cut").as_deref()), (Some("10"), Some("30")));
    }

    #[test]
    fn where_the_client_left_there_is_silence() {
        let reply = json!({"frames": [{"raw": "AAAA", "t_ms": 1}], "end": {"t_ms": 2, "how": "client_left"}});
        assert_eq!(played(&reply, Speed::Written).ending(), Ending::Stall);
    }
}
