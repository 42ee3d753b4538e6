//! Runs as data for the report. Pure.

use super::arm::Played;
use super::judge::{expectation, judge};
use crate::picture::{millis, request};
use faultline_agent::{Mode, ToolRecord};
use faultline_dashboards::{Arm, Case, Mode as ArmMode, TickKind, Totals, Verdict};
use faultline_scenarios::Scenario;
use std::time::Duration;

/// One scenario and its runs.
pub(crate) fn case(scenario: &Scenario, played: &[Played]) -> Case {
    let (group, name) = scenario.name.split_once('/').unwrap_or(("", &scenario.name));
    Case {
        group: group.to_owned(),
        name: name.to_owned(),
        about: scenario.file.about.clone().unwrap_or_default(),
        citations: scenario.file.seen.clone(),
        arms: played.iter().map(|played| arm(scenario, played)).collect(),
    }
}

/// What all of it amounts to.
pub(crate) fn totals(cases: &[Case], elapsed: Duration) -> Totals {
    let requests = || cases.iter().flat_map(|case| &case.arms).flat_map(|arm| &arm.requests);
    let frames =
        || requests().flat_map(|request| &request.timeline).filter(|tick| tick.kind == TickKind::Data);
    Totals {
        elapsed_ms: millis(elapsed),
        requests: requests().count() as u64,
        frames: frames().count() as u64,
        bytes: frames().map(|tick| tick.bytes).sum(),
        faults: requests().map(|request| request.faults.len() as u64).sum(),
    }
}

fn arm(scenario: &Scenario, played: &Played) -> Arm {
    let expect = scenario.file.expect.clone().unwrap_or_default();
    let judgement = judge(&expect, played);
    let first = played.stats.first();
    Arm {
        name: match played.mode {
            Mode::Unary => ArmMode::Unary,
            Mode::Streaming => ArmMode::Streaming,
        },
        verdict: if judgement.problem.is_none() { Verdict::Passed } else { Verdict::Failed },
        outcome: judgement.outcome,
        expectation: expectation(&expect),
        error: judgement.problem.unwrap_or_default(),
        final_text: played
            .result
            .as_ref()
            .map_or_else(|error| error.partial.text.clone(), |answer| answer.text.clone()),
        requests: (1..).zip(&played.exchanges).map(|(number, exchange)| request(number, exchange)).collect(),
        first_event_ms: first.and_then(|stats| stats.first_event).map(millis),
        first_text_ms: first.and_then(|stats| stats.first_text).map(millis),
        total_ms: Some(millis(played.stats.iter().map(|stats| stats.elapsed).sum())),
        tool_calls: played.stats.iter().flat_map(|stats| &stats.tool_calls).map(tool_call).collect(),
    }
}

fn tool_call(record: &ToolRecord) -> String {
    let input = match &record.input {
        Ok(members) => serde_json::Value::Object(members.clone()).to_string(),
        Err(bad) => bad.raw.clone(),
    };
    format!("{} {input}", record.name)
}
