//! Exchanges for readers outside: JSON for the admin API, the verdict, and text for snapshots.

use crate::gate::ConnectionEvent;
use crate::house::House;
use faultline_scenarios::exchange::{Exchange, Verdict};
use faultline_scenarios::timeline::{Done, Outcome, Timeline};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Milliseconds, to the microsecond.
pub(crate) fn ms(at: Duration) -> f64 {
    at.as_micros() as f64 / 1e3
}

/// Something that was done to a connection.
pub(crate) fn connection(event: &ConnectionEvent) -> Value {
    let mut shown = json!({ "connection": event.connection, "ms": ms(event.at), "did": event.kind });
    if let Some(client) = &event.client {
        shown["client"] = client.as_str().into();
    }
    shown
}

/// One exchange.
pub(crate) fn exchange(exchange: &Exchange) -> Value {
    let call = &exchange.call;
    let headers: Map<String, Value> =
        call.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "id": exchange.id,
        "session": &*exchange.session,
        "requestId": exchange.request_id,
        "protocol": exchange.protocol,
        "startedMs": ms(exchange.started),
        "request": {
            "operation": call.operation.name(),
            "modelId": call.model_id,
            "base": call.base,
            "headers": headers,
            "body": call.body,
        },
        "decision": decision(exchange),
        "timeline": timeline(&exchange.timeline),
    })
}

fn decision(exchange: &Exchange) -> Value {
    let decision = &exchange.decision;
    let verdict = match &decision.verdict {
        Verdict::Scripted { scenario, reply } => {
            json!({ "kind": "scripted", "scenario": &**scenario, "reply": reply })
        }
        Verdict::Improvised => json!({ "kind": "improvised" }),
        Verdict::Refused { error, message, rules } => {
            json!({ "kind": "refused", "error": error, "message": message, "rules": rules })
        }
        Verdict::Forwarded { kept } => json!({ "kind": "forwarded", "kept": kept }),
        Verdict::Unmatched { why } => json!({ "kind": "unmatched", "why": why }),
    };
    let faults: Vec<&str> = decision.faults.iter().map(|fault| &**fault).collect();
    json!({ "verdict": verdict, "faults": faults, "seed": decision.seed.to_string(), "call": decision.call })
}

fn timeline(timeline: &Timeline) -> Value {
    let actions: Vec<Value> = timeline
        .plan
        .actions()
        .iter()
        .zip(timeline.done.times())
        .map(
            |(action, at)| json!({ "plannedMs": ms(action.at), "ms": ms(at), "bytes": action.bytes().len() }),
        )
        .collect();
    json!({
        "text": timeline.to_text(),
        "outcome": outcome(&timeline.outcome),
        "endedMs": ms(timeline.ended),
        "actions": actions,
    })
}

fn outcome(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Played => "played",
        Outcome::ClientLeft => "clientLeft",
        Outcome::ServerStopped => "serverStopped",
        Outcome::Failed(why) => why,
    }
}

/// The responder's verdict, and every request that was for no operation as a further problem.
pub(crate) fn verdict(house: &House, session: Option<&str>) -> Value {
    let verdict = house.responder.verify(&house.journal.exchanges(session));
    let mut problems = verdict["problems"].as_array().cloned().unwrap_or_default();
    let stray =
        |what| json!(format!("{what} is no operation of Bedrock Runtime (is the / of an ARN sent as %2F?)"));
    problems.extend(house.journal.strays().iter().map(stray));
    let passed = verdict["passed"].as_bool().unwrap_or(problems.is_empty()) && problems.is_empty();
    json!({ "passed": passed, "problems": problems })
}

/// Exchanges as text for snapshot tests. Ids, ports and measured times are left out; the times shown are the
/// planned ones, so that the text is the same in every run.
pub fn snapshot(exchanges: &[Arc<Exchange>]) -> String {
    let mut out = String::new();
    for exchange in exchanges {
        let call = &exchange.call;
        let _ = writeln!(out, "{} {} over {}", call.operation.name(), call.model_id, exchange.protocol);
        if !exchange.session.is_empty() {
            let _ = writeln!(out, "session {}", exchange.session);
        }
        let _ = writeln!(out, "{}", why(&exchange.decision.verdict));
        for fault in &exchange.decision.faults {
            let _ = writeln!(out, "fault: {fault}");
        }
        out.push_str(&as_planned(&exchange.timeline).to_text());
        out.push('\n');
    }
    out
}

fn why(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Scripted { scenario, reply } => format!("scripted: {scenario}, reply {reply}"),
        Verdict::Improvised => "improvised".to_owned(),
        Verdict::Refused { error, message, rules } if rules.is_empty() => {
            format!("refused: {error}: {message}")
        }
        Verdict::Refused { error, message, rules } => {
            format!("refused: {error}: {message} ({})", rules.join(", "))
        }
        Verdict::Forwarded { kept } => {
            format!("forwarded{}", if *kept { ", to be kept" } else { "" })
        }
        Verdict::Unmatched { why } => format!("unmatched: {why}"),
    }
}

/// The timeline with the planned times of the actions that were done.
fn as_planned(timeline: &Timeline) -> Timeline {
    let planned = timeline.plan.actions().iter().map(|action| action.at);
    let done: Done = planned.take(timeline.done.len()).collect();
    Timeline { ended: done.times().last().unwrap_or_default(), done, ..timeline.clone() }
}
