//! The unary form of a reply: one JSON body, sent when the stream's last event would be.

use crate::error_answer::{body_plan, error_actions};
use crate::error_reply::ErrorReply;
use crate::file::Reply;
use crate::fold::{Folded, fold};
use crate::plan::{Action, Plan};
use crate::script::{content, events, metadata, stop_extra, stop_reason, times};
use crate::setting::{CompileError, Setting};
use faultline_wire::{Event, canon};
use serde_json::{Value, json};
use std::time::Duration;

/// The unary form of a reply written as message or events.
pub(crate) fn unary(reply: &Reply, setting: &Setting<'_>) -> Result<Plan, CompileError> {
    setting.require_converse("message")?;
    let events = events(reply, setting);
    let (_, end) = times(&events, reply, setting);
    if reply.message.is_none() {
        return unary_of_events(reply, &events, end, setting);
    }
    let content = content(reply);
    let folded = Folded {
        stop_reason: Some(stop_reason(reply)),
        stop_extra: stop_extra(reply),
        metadata: metadata(reply, &content, end, setting),
        content,
        exception: None,
    };
    Ok(body_plan(200, "application/json", unary_body(folded), end))
}

/// The unary form of events. A unary answer has a stop reason, usage and metrics, or clients do not take it for one:
/// events without messageStop give `end_turn` (there is no such thing as an unfinished unary answer), events without
/// metadata get it as a message does. Metadata that is there stays as written, legal or not.
pub(crate) fn unary_of_events(
    reply: &Reply,
    events: &[Event],
    end: Duration,
    setting: &Setting<'_>,
) -> Result<Plan, CompileError> {
    setting.require_converse("events")?;
    let mut folded = fold(events);
    if let Some((name, payload)) = &folded.exception {
        return Ok(Plan::new(exception_answer(name, payload, end))?);
    }
    if !events.iter().any(|event| matches!(event, Event::Metadata(_))) {
        folded.metadata = metadata(reply, &folded.content, end, setting);
    }
    Ok(body_plan(200, "application/json", unary_body(folded), end))
}

/// What a stream raises is the HTTP error of that type in a unary answer.
fn exception_answer(name: &str, payload: &Value, at: Duration) -> Vec<Action> {
    let message = payload.get("message").and_then(Value::as_str).map(str::to_owned);
    error_actions(&ErrorReply::new(name, message), at)
}

fn unary_body(folded: Folded) -> Vec<u8> {
    let mut body = folded.metadata;
    body.insert(
        "output".to_owned(),
        json!({ "message": { "content": folded.content, "role": "assistant" } }),
    );
    body.insert("stopReason".to_owned(), json!(folded.stop_reason.unwrap_or_else(|| "end_turn".to_owned())));
    body.extend(folded.stop_extra);
    canon::object_to_vec(&body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::Speed;
    use crate::seed::Seed;
    use faultline_wire::{Family, Operation};

    fn answer(reply: &Value) -> Value {
        let reply: Reply = serde_json::from_value(reply.clone()).unwrap();
        let seed = Seed::new(1);
        let setting = Setting {
            operation: Operation::Converse,
            family: Family::Nova,
            pace: None,
            speed: Speed::Max,
            seed: &seed,
            prompt_chars: 40,
        };
        serde_json::from_slice(&crate::compile::compile(&reply, &setting).unwrap().body()).unwrap()
    }

    fn hello() -> Value {
        json!({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "hello"}}})
    }

    #[test]
    fn the_authors_usage_wins_wherever_it_stands() {
        let check =
            |reply: Value, input: u64| assert_eq!(answer(&reply)["usage"]["inputTokens"], input, "{reply}");
        let usage = |input: u64| json!({"inputTokens": input, "outputTokens": 2, "totalTokens": input + 2});
        let said = json!([{"text": "hello"}]);
        check(json!({"message": said}), 18);
        check(json!({"message": said, "metadata": {"usage": usage(5)}}), 5);
        check(json!({"message": said, "metadata": {"usage": usage(5)}, "usage": usage(6)}), 6);
        check(json!({"events": [hello()]}), 18);
        check(json!({"events": [hello()], "usage": usage(6)}), 6);
        check(json!({"events": [hello(), {"metadata": {"usage": usage(7)}}]}), 7);
        check(json!({"frames": [{"event": "messageStart", "payload": {"role": "assistant"}}]}), 18);
    }

    #[test]
    fn the_estimate_depends_on_what_is_said_alone() {
        let whole = answer(&json!({"message": [{"text": "hello"}]}));
        let cut = answer(&json!({"message": [{"text": "hello", "fragments": ["h", "e", "l", "l", "o"]}]}));
        let events = answer(&json!({"events": [hello()]}));
        assert_eq!(whole["usage"], json!({"inputTokens": 18, "outputTokens": 5, "totalTokens": 23}));
        assert_eq!((&whole["usage"], &whole["usage"]), (&cut["usage"], &events["usage"]));
        let accents = answer(&json!({"message": [{"text": "héllö"}]}));
        assert_eq!(whole["usage"], accents["usage"], "characters count, not bytes");
    }

    #[test]
    fn events_without_an_end_make_a_whole_unary_answer() {
        let body = answer(&json!({"events": [hello()]}));
        assert_eq!(body["stopReason"], "end_turn");
        assert_eq!(body["metrics"], json!({"latencyMs": 0}));
        let bare = answer(&json!({"events": [hello(), {"metadata": {"metrics": {"latencyMs": 1}}}]}));
        assert_eq!(bare.get("usage"), None, "what the author wrote stays");
    }
}
