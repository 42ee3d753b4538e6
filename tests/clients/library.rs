//! The scenario library as cases: each client must hand out what the plan of the first reply holds, piece by piece.
//!
//! Scenarios with faults are left out: what a client makes of a fault is written in the cases. Paces are left out too.

use std::collections::BTreeMap;
use std::path::Path;

use faultline_scenarios::file::ScenarioFile;
use faultline_scenarios::{Scenario, Speed, load};
use faultline_wire::decoder::decode_all;
use faultline_wire::{FramedEvent, Operation as Called};
use serde_json::json;

use crate::case::{CLIENTS, Case, MODEL, Operation, Settings, Who};
use crate::driver::{Event, Outcome};
use crate::expect::Expect;
use crate::message::{Message, counted};

/// The folder of the library.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/library");

/// A case for every scenario that answers the first turn as it is written; or every problem.
pub(crate) fn all() -> Result<Vec<(Case, Scenario)>, Vec<String>> {
    let (scenarios, errors) = load::path(Path::new(FOLDER));
    let mut problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let mut cases = Vec::new();
    for scenario in scenarios.into_iter().filter(|scenario| is_plain(&scenario.file)) {
        match case(&scenario) {
            Ok(case) => cases.push(case),
            Err(problem) => problems.push(format!("{}: {problem}", scenario.name)),
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn is_plain(file: &ScenarioFile) -> bool {
    file.faults.is_empty() && file.replies.first().is_some_and(|reply| reply.message.is_some())
}

fn case(scenario: &Scenario) -> Result<(Case, Scenario), String> {
    let name = format!("library/{}", scenario.name);
    let scenario = Scenario::new(&name, unpaced(&scenario.file));
    let model = scenario.file.model.clone().unwrap_or_else(|| MODEL.to_owned());
    let prompt = scenario.file.prompt.as_ref().map_or("Hello", |prompt| prompt.first());
    let request =
        json!({ "modelId": model, "messages": [{ "role": "user", "content": [{ "text": prompt }] }] });
    let expect = expectation(&planned(&scenario, &model)?);
    let clients = CLIENTS.into_iter().filter(|who| *who != Who::AwsCli);
    let case = Case {
        name,
        about: scenario.file.about.clone().unwrap_or_default(),
        operation: Operation::ConverseStream,
        request,
        settings: Settings::default(),
        expect: clients.map(|who| (who, expect.clone())).collect(),
    };
    Ok((case, scenario))
}

fn unpaced(file: &ScenarioFile) -> ScenarioFile {
    let mut file = file.clone();
    file.pace = None;
    for reply in &mut file.replies {
        reply.pace = None;
    }
    file
}

/// What a client that loses nothing sees of the first reply.
fn planned(scenario: &Scenario, model: &str) -> Result<Outcome, String> {
    let plan = scenario.plan(0, Called::ConverseStream, scenario.family(model), Speed::Max);
    let (frames, fault) = decode_all(&plan.map_err(|error| error.to_string())?.body());
    if let Some(fault) = fault {
        return Err(fault.to_string());
    }
    let event = |framed: FramedEvent| Event {
        kind: framed.event.name().to_owned(),
        payload: framed.event.payload(),
        at_ms: 0.0,
    };
    let events = frames.iter().filter_map(FramedEvent::from_frame).map(event).collect();
    Ok(Outcome { events, ..Outcome::default() })
}

fn expectation(planned: &Outcome) -> Expect {
    let message = Message::of(planned);
    let blocks = planned.events.iter().filter_map(|event| event.payload["contentBlockIndex"].as_u64());
    let pieces = |block| planned.fragments(block).into_iter().map(str::to_owned).collect();
    let fragments: BTreeMap<String, Vec<String>> =
        blocks.map(|block| (block.to_string(), pieces(block))).collect();
    Expect {
        status: Some(200),
        exchanges: vec!["reply 1: played".to_owned()],
        events: counted(planned),
        text: message.text,
        fragments,
        tools: message.tools,
        reasoning: message.reasoning,
        stop_reason: message.stop_reason,
        usage: None,
        latency_ms: message.latency_ms,
        error: None,
        timing: None,
    }
}
