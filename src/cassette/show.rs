//! `faultline cassette show`: recordings as timelines.

use super::files::cassettes;
use super::lane::lane;
use crate::exit::{Exit, Failure};
use crate::output::{counted, print};
use faultline_recorder::meaning::Meaning;
use faultline_scenarios::file::{OneOrMany, Provenance, Reply, When};
use faultline_scenarios::text_match::{NamedMatch, TextMatch};
use faultline_scenarios::{Scenario, Speed};
use faultline_wire::Operation;
use std::path::PathBuf;

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Cassettes, or folders of them.
    #[arg(required = true, value_name = "CASSETTE")]
    paths: Vec<PathBuf>,
    /// Show a line a recording, and no frames.
    #[arg(long)]
    short: bool,
}

/// Prints them.
///
/// # Errors
/// When a file has problems.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    for scenario in cassettes(&args.paths)? {
        print(&shown(&scenario, args.short))?;
    }
    Ok(Exit::Pass)
}

fn shown(scenario: &Scenario, short: bool) -> String {
    let mut text = format!("{}\n", scenario.name);
    text.extend(scenario.file.recorded.as_ref().map(|from| format!("  recorded {}\n", origin(from))));
    text.extend(scenario.file.when.as_ref().map(|when| format!("  when {}\n", asked(when))));
    let count = scenario.file.replies.len();
    for (number, reply) in scenario.file.replies.iter().enumerate() {
        text.push_str(&take(scenario, number, reply, count, short));
    }
    text + "\n"
}

fn origin(from: &Provenance) -> String {
    let parts = [
        ("", &from.date),
        ("in ", &from.region),
        ("from ", &from.upstream),
        ("by ", &from.by),
        ("for the test ", &from.test),
    ];
    let parts = parts.into_iter().filter_map(|(word, value)| Some(format!("{word}{}", value.as_ref()?)));
    parts.collect::<Vec<_>>().join(" ")
}

fn asked(when: &When) -> String {
    let mut parts = Vec::new();
    parts.extend(when.operation.as_ref().map(|operation| operation.all().join(" or ")));
    parts.extend(like(when.model.as_ref()).map(|model| format!("to {model}")));
    parts.extend(when.turn.map(|turn| format!("in turn {turn}")));
    parts.extend(like(when.text.as_ref()).map(|text| format!("says {text:?}")));
    parts.extend(when.tool_results.as_ref().map(|ids| format!("with results of {}", ids.join(", "))));
    parts.join(", ")
}

fn like(text: Option<&TextMatch>) -> Option<&str> {
    match text? {
        TextMatch::Named(NamedMatch::Like(text)) | TextMatch::Bare(text) => Some(text),
        TextMatch::Named(_) => None,
    }
}

fn take(scenario: &Scenario, number: usize, reply: &Reply, count: usize, short: bool) -> String {
    let Some(meaning) = Meaning::of(reply) else {
        return "  (no recording: see `faultline explain`)\n".to_owned();
    };
    let title = if count > 1 { format!("take {} of {count}: ", number + 1) } else { String::new() };
    let mut text = format!("\n  {title}{}\n  {}\n", gist(&meaning), lane(&times(reply), meaning.total));
    if !short {
        text.push_str(&frames(scenario, number));
    }
    text
}

/// `200, 12 frames, 31 tokens, end_turn, complete`.
fn gist(meaning: &Meaning) -> String {
    let mut parts = vec![meaning.status.to_string()];
    parts.extend(meaning.error.clone());
    if !meaning.kinds.is_empty() {
        parts.push(counted(meaning.gaps.len() + 1, "frame"));
    }
    parts.extend(meaning.usage.get("outputTokens").map(|count| format!("{count} output tokens")));
    parts.extend(meaning.tools.iter().map(|(name, _)| format!("calls {name}")));
    parts.extend(meaning.stop_reason.clone());
    parts.extend(meaning.message.as_ref().map(|message| format!("{message:?}")));
    parts.push(meaning.how.to_string());
    parts.join(", ")
}

fn times(reply: &Reply) -> Vec<f64> {
    let frames = reply.frames.iter().flatten();
    let mut all: Vec<f64> = frames
        .flat_map(|frame| std::iter::once(frame.t_ms).chain(frame.pieces.iter().map(|piece| piece.t_ms)))
        .collect();
    let body = reply.body.iter();
    all.extend(
        body.flat_map(|body| std::iter::once(body.t_ms).chain(body.pieces.iter().map(|piece| piece.t_ms))),
    );
    all
}

fn frames(scenario: &Scenario, number: usize) -> String {
    let operation = scenario.file.when.as_ref().and_then(|when| when.operation.as_ref());
    let operation =
        operation.map(OneOrMany::first).and_then(Operation::parse).unwrap_or(Operation::ConverseStream);
    match scenario.plan(number, operation, scenario.family(""), Speed::Written) {
        Ok(plan) => plan.to_text().lines().map(|line| format!("    {line}\n")).collect(),
        Err(error) => format!("    {error}\n"),
    }
}
