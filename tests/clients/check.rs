//! Expectation against outcome: every difference, for people. Pure.

use std::fmt::{Debug, Display, Write as _};
use std::sync::Arc;

use faultline_scenarios::Outcome as Ending;
use faultline_scenarios::exchange::{Exchange, Verdict};

use crate::driver::{ClientError, Outcome};
use crate::expect::{Expect, Failure, Pace};
use crate::message::{Message, counted};

/// How late the first event may reach the client: connecting, signing and parsing are in it.
const CONNECTING_MS: f64 = 150.0;

/// One field that is not as expected.
#[derive(Debug, PartialEq)]
pub(crate) struct Mismatch {
    /// The member of the expectation.
    pub(crate) field: String,
    /// As in the case.
    pub(crate) expected: String,
    /// As seen.
    pub(crate) got: String,
}

/// What client and server saw of one case.
pub(crate) struct Seen<'a> {
    /// The client's side.
    pub(crate) outcome: &'a Outcome,
    /// The server's side.
    pub(crate) exchanges: &'a [Arc<Exchange>],
    /// The model that was asked for.
    pub(crate) model_id: &'a str,
    /// `HTTP/1.1` or `HTTP/2.0`: what this client speaks.
    pub(crate) protocol: &'a str,
    /// Whether the client has an API key instead of a pair of keys.
    pub(crate) bearer: bool,
}

/// Collects what differs.
#[derive(Default)]
struct Differences(Vec<Mismatch>);

impl Differences {
    fn same<T: PartialEq + Debug + ?Sized>(&mut self, field: &str, expected: &T, got: &T) {
        if expected != got {
            self.say(field, format!("{expected:?}"), format!("{got:?}"));
        }
    }

    fn say(&mut self, field: &str, expected: impl Display, got: impl Display) {
        let (expected, got) = (expected.to_string(), got.to_string());
        self.0.push(Mismatch { field: field.to_owned(), expected, got });
    }
}

/// Every difference.
pub(crate) fn check(expect: &Expect, seen: &Seen<'_>) -> Vec<Mismatch> {
    let mut differences = Differences::default();
    content(expect, seen.outcome, &mut differences);
    failure(expect.error.as_ref(), seen.outcome.error.as_ref(), &mut differences);
    server(expect, seen, &mut differences);
    if let Some(pace) = expect.timing {
        timing(pace, seen, &mut differences);
    }
    differences.0
}

fn content(expect: &Expect, outcome: &Outcome, differences: &mut Differences) {
    let message = Message::of(outcome);
    differences.same("status", &expect.status, &outcome.status);
    differences.same("events", &expect.events, &counted(outcome));
    differences.same("text", &expect.text, &message.text);
    for (block, pieces) in &expect.fragments {
        let got = block.parse().map(|block| outcome.fragments(block)).unwrap_or_default();
        differences.same(
            &format!("fragments of {block}"),
            &pieces.iter().map(String::as_str).collect(),
            &got,
        );
    }
    differences.same("tools", &expect.tools, &message.tools);
    differences.same("reasoning", &expect.reasoning, &message.reasoning);
    differences.same("stopReason", &expect.stop_reason, &message.stop_reason);
    if expect.usage.is_some() {
        differences.same("usage", &expect.usage, &message.usage);
    }
    if expect.latency_ms.is_some() {
        differences.same("latencyMs", &expect.latency_ms, &message.latency_ms);
    }
}

fn failure(expected: Option<&Failure>, got: Option<&ClientError>, differences: &mut Differences) {
    let (Some(expected), Some(got)) = (expected, got) else {
        match (expected, got) {
            (Some(expected), None) if expected.or_none => {}
            (Some(expected), None) => differences.say("error", &expected.class, "no error"),
            (None, Some(got)) => differences.say("error", "no error", format!("{got:?}")),
            _ => {}
        }
        return;
    };
    differences.same("error.class", &expected.class, &got.class);
    differences.same("error.code", &expected.code, &got.code);
    differences.same("error.during", &expected.during, &got.during);
    if let Some(message) = &expected.message {
        differences.same("error.message", message, &got.message);
    }
    if let Some(part) = expected.message_has.as_ref().filter(|part| !got.message.contains(part.as_str())) {
        differences.say("error.messageHas", part, &got.message);
    }
    if expected.message.is_none() && expected.message_has.is_none() {
        differences.same("error.message", "", got.message.as_str());
    }
}

fn server(expect: &Expect, seen: &Seen<'_>, differences: &mut Differences) {
    let (outcome, exchanges) = (seen.outcome, seen.exchanges);
    let lines: Vec<String> = exchanges.iter().map(|exchange| line(exchange)).collect();
    differences.same("exchanges", &expect.exchanges, &lines);
    differences.same("attempts", &expect.exchanges.len(), &(outcome.attempts as usize));
    for exchange in exchanges {
        differences.same("protocol", seen.protocol, exchange.protocol);
        differences.same("modelId", seen.model_id, exchange.call.model_id.as_str());
        // A signature needs a date, an API key does not; the journal keeps neither of the two.
        let auth =
            (exchange.call.header("authorization").is_some(), exchange.call.header("x-amz-date").is_none());
        differences.same("authorization, by API key", &(true, seen.bearer), &auth);
    }
    if outcome.status.is_some() {
        let sent = exchanges.last().map(|exchange| exchange.request_id.clone());
        differences.same("request id", &sent, &outcome.request_id);
    }
}

/// An exchange in a line.
fn line(exchange: &Exchange) -> String {
    let decision = &exchange.decision;
    let mut line = match &decision.verdict {
        Verdict::Scripted { reply, .. } => format!("reply {reply}"),
        Verdict::Improvised => "improvised".to_owned(),
        Verdict::Refused { error, .. } => format!("refused, {error}"),
        Verdict::Forwarded { .. } => "forwarded".to_owned(),
        Verdict::Unmatched { .. } => "unmatched".to_owned(),
    };
    for fault in &decision.faults {
        let _ = write!(line, ", {fault}");
    }
    line + ": "
        + &match &exchange.timeline.outcome {
            Ending::Played => "played".to_owned(),
            Ending::ClientLeft => "the client left".to_owned(),
            Ending::ServerStopped => "the server stopped".to_owned(),
            Ending::Failed(why) => why.clone(),
        }
}

/// The gaps are compared at the client; how late each action was, at the server.
fn timing(pace: Pace, seen: &Seen<'_>, differences: &mut Differences) {
    let first = seen.outcome.timing.first_ms.unwrap_or_default();
    if !(pace.first..=pace.first + CONNECTING_MS).contains(&first) {
        differences.say("timing.first", pace.first, first);
    }
    let deltas = seen.outcome.events.iter().filter(|event| event.kind == "contentBlockDelta");
    let times: Vec<f64> = deltas.map(|event| event.at_ms).collect();
    let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if gaps.iter().any(|gap| (gap - pace.gap).abs() > pace.within) {
        differences.say("timing.gap", format!("{} ± {}", pace.gap, pace.within), format!("{gaps:.1?}"));
    }
    for exchange in seen.exchanges {
        let late = exchange.timeline.lateness().as_secs_f64() * 1e3;
        if late > pace.within {
            let got = format!("{late:.1}\n{}", exchange.timeline.to_text());
            differences.say("lateness of the server", format!("at most {}", pace.within), got);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Two tool calls whose pieces take turns, after a text, paced by 50 ms.
    fn stream() -> Value {
        let delta = |block: u64, delta: Value| {
            ("contentBlockDelta", json!({ "contentBlockIndex": block, "delta": delta }))
        };
        let tool = |block: u64, id: &str| {
            let start = json!({ "toolUse": { "toolUseId": id, "name": "n" } });
            ("contentBlockStart", json!({ "contentBlockIndex": block, "start": start }))
        };
        let events = [
            delta(0, json!({ "text": "Hi" })),
            tool(1, "a"),
            tool(2, "b"),
            delta(1, json!({ "toolUse": { "input": "{\"x\"" } })),
            delta(2, json!({ "toolUse": { "input": "[oops" } })),
            delta(1, json!({ "toolUse": { "input": ":1}" } })),
            ("messageStop", json!({ "stopReason": "tool_use" })),
            ("metadata", json!({ "usage": { "inputTokens": 3 }, "metrics": { "latencyMs": 7 } })),
        ];
        let event = |(at, (kind, payload)): (u32, &(&str, Value))| json!({ "type": kind, "payload": payload, "at_ms": 400 + 50 * at });
        json!({ "id": "a", "status": 200, "request_id": null, "attempts": 0, "output": null, "error": null,
            "timing": { "first_ms": 400, "total_ms": 900 },
            "events": (0..).zip(&events).map(event).collect::<Vec<_>>() })
    }

    fn expectation() -> Value {
        json!({ "exchanges": [], "text": "Hi", "stopReason": "tool_use", "usage": { "inputTokens": 3 },
            "latencyMs": 7, "fragments": { "1": ["{\"x\"", ":1}"] },
            "tools": [{ "toolUseId": "a", "name": "n", "input": { "x": 1 } },
                      { "toolUseId": "b", "name": "n", "input": "[oops" }],
            "events": ["contentBlockDelta 0", "contentBlockStart 1", "contentBlockStart 2",
                "contentBlockDelta 1", "contentBlockDelta 2", "contentBlockDelta 1", "messageStop", "metadata"] })
    }

    fn fields(outcome: Value, expect: Value) -> Vec<String> {
        let (outcome, expect) =
            (serde_json::from_value(outcome).unwrap(), serde_json::from_value(expect).unwrap());
        let seen = Seen { outcome: &outcome, exchanges: &[], model_id: "m", protocol: "", bearer: false };
        let mut fields: Vec<String> = super::check(&expect, &seen).into_iter().map(|one| one.field).collect();
        // With a status there must be an exchange, which this test has not.
        fields.retain(|field| field != "request id");
        fields
    }

    /// The members of `change` lie over the expectation; these fields then differ.
    fn check(change: &Value, differing: &[&str]) {
        let mut expect = expectation();
        for (name, value) in change.as_object().unwrap() {
            expect[name] = value.clone();
        }
        assert_eq!(fields(stream(), expect), differing, "{change}");
    }

    #[test]
    fn every_difference_is_named() {
        check(&json!({}), &[]);
        check(&json!({ "status": 429, "text": "Hi there" }), &["status", "text"]);
        check(&json!({ "events": ["messageStop"], "stopReason": null }), &["events", "stopReason"]);
        check(&json!({ "fragments": { "0": ["H", "i"], "1": [] } }), &["fragments of 0", "fragments of 1"]);
        check(&json!({ "tools": [] }), &["tools"]);
        check(&json!({ "usage": { "inputTokens": 3.0 }, "latencyMs": 8 }), &["usage", "latencyMs"]);
        check(&json!({ "reasoning": { "text": "hm" } }), &["reasoning"]);
        check(&json!({ "exchanges": ["reply 1: played"] }), &["exchanges", "attempts"]);
        check(&json!({ "error": { "class": "X", "during": "stream" } }), &["error"]);
        check(&json!({ "error": { "class": "X", "during": "stream", "orNone": true } }), &[]);
    }

    #[test]
    fn gaps_are_compared_and_not_the_way_to_the_client() {
        let pace = |first: u32, gap: u32| json!({ "timing": { "first": first, "gap": gap, "within": 15 } });
        let mut steady = stream();
        steady["events"].as_array_mut().unwrap().drain(..3);
        let fields_of = |pace| fields(steady.clone(), json!({ "exchanges": [], "timing": pace }));
        let timing = |first, gap| -> Vec<String> {
            let mut found = fields_of(pace(first, gap)["timing"].clone());
            found.retain(|field| field.starts_with("timing"));
            found
        };
        assert_eq!(timing(390, 60), [""; 0]);
        assert_eq!(timing(390, 70), ["timing.gap"]);
        assert_eq!(timing(401, 50), ["timing.first"]);
    }

    #[test]
    fn an_error_is_compared_word_by_word() {
        let error = |class: &str, code: Option<&str>, message: &str| json!({ "class": class, "code": code, "message": message, "during": "stream" });
        let differing = |expected: Value| {
            let mut outcome = stream();
            outcome["error"] = error("Error", Some("c"), "a b");
            let mut expect = expectation();
            expect["error"] = expected;
            fields(outcome, expect)
        };
        assert_eq!(differing(error("Error", Some("c"), "a b")), [""; 0]);
        assert_eq!(differing(error("X", None, "a")), ["error.class", "error.code", "error.message"]);
        let part =
            |part: &str| json!({ "class": "Error", "code": "c", "messageHas": part, "during": "call" });
        assert_eq!(differing(part("b")), ["error.during"]);
        assert_eq!(differing(part("x")), ["error.during", "error.messageHas"]);
        assert_eq!(differing(json!(null)), ["error"]);
    }
}
