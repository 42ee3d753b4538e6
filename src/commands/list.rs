//! `faultline list`: which scenarios there are, by group, one line a file.

use crate::exit::{Exit, Failure};
use crate::output::{counted, print};
use crate::source::SourceArgs;
use faultline_scenarios::Scenario;
use faultline_scenarios::parameters::file_name;
use serde_json::{Value, json};
use std::sync::Arc;

/// What to list.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// How to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people: one line a file.
    Text,
    /// One JSON document.
    Json,
}

/// The scenarios of one file, never empty.
type File = [Arc<Scenario>];

/// Lists scenarios by group: the first folder that they are in.
///
/// # Errors
/// When a scenario has problems.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let book = args.source.book()?;
    let files: Vec<&File> = book.scenarios.chunk_by(|one, next| name(one) == name(next)).collect();
    let text = match args.output {
        Output::Text => as_text(&files, book.scenarios.len()),
        Output::Json => format!("{:#}\n", files.iter().map(|file| as_json(file)).collect::<Value>()),
    };
    print(&text)?;
    Ok(Exit::Pass)
}

fn name(scenario: &Scenario) -> &str {
    file_name(&scenario.name, &scenario.file)
}

fn group(scenario: &Scenario) -> &str {
    scenario.name.split_once('/').map_or("", |(group, _)| group)
}

fn as_text(files: &[&File], scenarios: usize) -> String {
    let mut text = String::new();
    for files in files.chunk_by(|one, next| group(&one[0]) == group(&next[0])) {
        let (group, count) = (group(&files[0][0]), files.iter().map(|file| file.len()).sum());
        text += &if group.is_empty() {
            String::new()
        } else {
            format!("{group}/ {}\n", counted(count, "scenario"))
        };
        text.extend(files.iter().map(|file| line(file)));
    }
    // Without parameters, each file is one scenario.
    let of = if files.len() == scenarios {
        String::new()
    } else {
        format!(" in {}", counted(files.len(), "file"))
    };
    format!("{text}{}{of}\n", counted(scenarios, "scenario"))
}

/// Name, the first sentence of what happens, how many incidents stand behind it, and whether it scripts tools.
fn line(file: &File) -> String {
    let first = &file[0];
    let combinations = if file.len() > 1 { format!(" ({} combinations)", file.len()) } else { String::new() };
    let cites = match first.file.seen.len() {
        0 => String::new(),
        count => format!(" [{}]", counted(count, "citation")),
    };
    let tools = if first.file.tools.is_empty() { "" } else { " [tools]" };
    let line =
        format!("  {:<44} {}{cites}{tools}", format!("{}{combinations}", name(first)), first_sentence(first));
    format!("{}\n", line.trim_end())
}

fn first_sentence(scenario: &Scenario) -> String {
    let about = about(scenario);
    about.split_once(". ").map_or(about.clone(), |(first, _)| format!("{first}."))
}

/// What happens, on one line.
fn about(scenario: &Scenario) -> String {
    scenario.file.about.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn as_json(file: &File) -> Value {
    let first = &file[0];
    json!({
        "name": name(first),
        "group": group(first),
        "id": first.file.id,
        "about": about(first),
        "seen": first.file.seen,
        "parameters": first.file.parameters,
        "realTime": first.file.real_time,
        "tools": first.file.tools.keys().collect::<Vec<_>>(),
        "scenarios": file.iter().map(|scenario| &*scenario.name).collect::<Vec<_>>(),
    })
}
