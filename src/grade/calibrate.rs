//! Two runs without any fault, before the first one: does the agent reach us, and what does it do when all is well?

use super::bench::{Agent, Bench, Trial};
use super::excerpt::last_lines;
use crate::exit::Failure;
use faultline_dashboards::card::Calibration;
use faultline_scenarios::exchange::{Exchange, Verdict};
use faultline_scenarios::run_end::RunExit;
use faultline_scenarios::{Scenario, load};
use faultline_wire::message::tool_specs;
use std::sync::Arc;

const TEXT: &str = include_str!("calibration/text.yaml");
const TOOL: &str = include_str!("calibration/tool.yaml");

/// What makes a failure without any fault the agent's own.
const ANSWERED: &str = "its request was answered in full";

/// Lines of standard error that are shown of an agent that cannot be graded.
const LINES: usize = 15;

/// Runs the agent twice; `None` when we were asked to stop.
///
/// # Errors
/// When it cannot be graded: it does not reach the server, or fails although nothing goes wrong.
pub(crate) async fn calibrate(bench: &Bench) -> Result<Option<Calibration>, Failure> {
    let Some(text) = bench.play(&built_in("calibration/text", TEXT)?).await? else { return Ok(None) };
    let form = Form::of(&bench.agent);
    if let Some(why) = unfit(&text, form) {
        return Err(Failure::usage(format!("the agent cannot be graded: {why}{}", said(&text, form))));
    }
    let tools =
        text.exchanges.iter().map(|exchange| tool_specs(&exchange.call.body).len()).max().unwrap_or(0);
    let tool = match tools {
        0 => None,
        _ => match bench.play(&built_in("calibration/tool", TOOL)?).await? {
            None => return Ok(None),
            tool => tool,
        },
    };
    Ok(Some(found(&text, tool.as_ref(), tools)))
}

fn built_in(name: &str, text: &str) -> Result<Arc<Scenario>, Failure> {
    load::scenario(name, name, text).map(Arc::new).map_err(|bad| Failure::own(bad.to_text()))
}

/// What an agent is, where that matters to whoever looks for a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Command,
    Service,
}

impl Form {
    fn of(agent: &Agent) -> Self {
        match agent {
            Agent::Command(_) => Self::Command,
            Agent::Service(..) => Self::Service,
        }
    }
}

/// Why a run without any fault is no run that could be judged with one.
fn unfit(trial: &Trial, form: Form) -> Option<String> {
    let refused = trial.exchanges.iter().find_map(|exchange| match &exchange.decision.verdict {
        Verdict::Refused { error, message, .. } => {
            Some(format!("Bedrock would refuse its request: {error}: {message}"))
        }
        Verdict::Unmatched { why } => {
            Some(format!("its request ({}) cannot be answered: {why}", exchange.call.operation.name()))
        }
        _ => None,
    });
    if refused.is_some() {
        return refused;
    }
    if trial.exchanges.is_empty() {
        return Some(unreached(trial, form));
    }
    let why = match (&trial.end.exit, form) {
        (RunExit::Success, _) => return None,
        (RunExit::Failure(how), Form::Command) => format!("it ended with {how}, though {ANSWERED}"),
        (RunExit::TimedOut, Form::Command) => format!(
            "it did not end within the time limit, though {ANSWERED}: it must end by itself when standard input ends"
        ),
        (RunExit::Failure(how), Form::Service) => format!("its answer is {how}, though {ANSWERED}"),
        (RunExit::TimedOut, Form::Service) => {
            format!("its answer did not come, or did not end, within the time limit, though {ANSWERED}")
        }
    };
    Some(why)
}

fn unreached(trial: &Trial, form: Form) -> String {
    if let Some(stray) = trial.strays.first() {
        return format!("its request `{stray}` is for no operation of Bedrock Runtime");
    }
    let ended = match (&trial.end.exit, form) {
        (RunExit::Success, Form::Command) => "it ended without one".to_owned(),
        (RunExit::Failure(how), Form::Command) => format!("it ended with {how}"),
        (RunExit::TimedOut, Form::Command) => "it was stopped at the time limit".to_owned(),
        (RunExit::Success, Form::Service) => "it answered without one".to_owned(),
        (RunExit::Failure(how), Form::Service) => how.clone(),
        (RunExit::TimedOut, Form::Service) => "its answer did not come within the time limit".to_owned(),
    };
    let asked = match form {
        Form::Command => {
            "Does it wait for something else than FAULTLINE_PROMPT, standard input or {prompt} in the command?"
        }
        Form::Service => {
            "Was it started with the endpoint above (--port keeps it the same), and does it take what --url-body says?"
        }
    };
    format!(
        "no request arrived ({ended})\n  - Does its client read AWS_ENDPOINT_URL_BEDROCK_RUNTIME or AWS_ENDPOINT_URL? \
         An endpoint, a profile or a proxy set in its code wins over both.\n  - Does it run in a container? 127.0.0.1 is \
         the container there: give it the host's network.\n  - {asked}"
    )
}

/// What it printed, where that may help.
fn said(trial: &Trial, form: Form) -> String {
    let (name, text) = match (trial.end.stderr.trim(), form) {
        (_, Form::Service) => ("answer", trial.end.stdout.trim()),
        ("", Form::Command) => ("standard output", trial.end.stdout.trim()),
        (stderr, Form::Command) => ("standard error", stderr),
    };
    if text.is_empty() { String::new() } else { format!("\nits {name}:\n{}", last_lines(text, LINES)) }
}

fn found(text: &Trial, tool: Option<&Trial>, tools: usize) -> Calibration {
    let all: Vec<&Arc<Exchange>> =
        text.exchanges.iter().chain(tool.into_iter().flat_map(|tool| &tool.exchanges)).collect();
    let agent = all.first().and_then(|exchange| exchange.call.header("user-agent")).unwrap_or_default();
    Calibration {
        streams: all.iter().any(|exchange| exchange.call.operation.streams()),
        tools,
        printed: printed(text, tool),
        user_agent: agent.to_owned(),
        run_ms: text.end.wall.as_secs_f64() * 1e3,
        note: tool.and_then(odd).unwrap_or_default(),
    }
}

/// How often an answer is printed. Where the two runs differ, only the fewer times can be relied on.
fn printed(text: &Trial, tool: Option<&Trial>) -> usize {
    let times = |trial: &Trial| trial.end.stdout.matches(&trial.sentinel).count();
    let after_tool = tool.filter(|tool| odd(tool).is_none()).map(times);
    after_tool.map_or(times(text), |after| after.min(times(text)))
}

/// What was odd about the run with a tool call. It is said, and graded all the same.
fn odd(tool: &Trial) -> Option<String> {
    match &tool.end.exit {
        RunExit::Success if tool.exchanges.len() < 2 => {
            Some("it did not answer a plain tool call".to_owned())
        }
        RunExit::Success => None,
        RunExit::Failure(how) => Some(format!("it failed at a plain tool call ({how})")),
        RunExit::TimedOut => Some("it hung at a plain tool call".to_owned()),
    }
}
