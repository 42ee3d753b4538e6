//! Exchanges as data for reports. Pure.

use crate::output::counted;
use faultline_dashboards::{Request, Tick, TickKind};
use faultline_scenarios::Outcome;
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::plan::{Act, Action};
use faultline_wire::message::tool_specs;
use std::time::Duration;

/// Milliseconds, as reports count them.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// An exchange and the answer's timeline; `number` is its place in its run, from 1.
pub(crate) fn request(number: u64, exchange: &Exchange) -> Request {
    let plan = &exchange.timeline.plan;
    Request {
        number,
        operation: exchange.call.operation.name().to_owned(),
        model: exchange.call.model_id.clone(),
        summary: summary(exchange),
        status: plan.head().map(|head| head.status),
        ending: plan.ending().to_string(),
        faults: exchange.decision.faults.iter().map(ToString::to_string).collect(),
        timeline: ticks(exchange),
        timeline_text: exchange.timeline.to_text(),
        body: String::new(),
    }
}

fn summary(exchange: &Exchange) -> String {
    let messages = counted(exchange.call.messages().len(), "message");
    let tools = counted(tool_specs(&exchange.call.body).len(), "tool");
    format!("{messages}, {tools} offered, {}", exchange.protocol)
}

fn ticks(exchange: &Exchange) -> Vec<Tick> {
    let timeline = &exchange.timeline;
    let mut ticks: Vec<Tick> = timeline.actions().map(|action| tick(&action)).collect();
    if timeline.outcome != Outcome::Played {
        let label = timeline.outcome.to_string();
        ticks.push(Tick { at_ms: millis(timeline.ended), label, kind: TickKind::Note, ..Tick::default() });
    }
    ticks
}

fn tick(action: &Action) -> Tick {
    let (label, kind) = match &action.act {
        Act::Head(head) => {
            (format!("{} {}", head.status, head.header("content-type").unwrap_or("")), TickKind::Head)
        }
        Act::Data { label, .. } => (label.to_string(), TickKind::Data),
        Act::End(ending) => (ending.to_string(), TickKind::End),
    };
    let fault = action.fault.as_ref().map(ToString::to_string);
    Tick { at_ms: millis(action.at), label, bytes: action.bytes().len() as u64, fault, kind }
}
