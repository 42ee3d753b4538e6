//! `faultline check`: everything that is wrong with scenario files, all at once.

use crate::exit::{Exit, show};
use faultline_scenarios::load::{self, LoadError};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scenario files or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// How to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people: with the text around each problem.
    Text,
    /// One JSON document.
    Json,
    /// One line a problem: `file:line:column: what (hint)`.
    Lines,
}

/// Checks every file.
pub(crate) fn run(args: &Args) -> Exit {
    let (mut sound, mut errors) = (0, Vec::new());
    for path in &args.paths {
        let (scenarios, bad) = load::path(path);
        sound += scenarios.len();
        errors.extend(bad);
    }
    let exit = if errors.is_empty() { Exit::Pass } else { Exit::BadScenario };
    match args.output {
        Output::Json => {
            println!(
                "{:#}",
                json!({ "sound": sound, "bad": errors.iter().map(as_json).collect::<Vec<_>>() })
            );
        }
        Output::Lines => errors.iter().for_each(|error| print!("{}", as_lines(error))),
        Output::Text => as_text(sound, errors),
    }
    exit
}

fn as_text(sound: usize, errors: Vec<LoadError>) {
    let bad = errors.len();
    for error in errors {
        show(error);
    }
    let plural = if sound == 1 { "" } else { "s" };
    match bad {
        0 => println!("{sound} scenario{plural}, no problems"),
        bad => println!("{sound} scenario{plural} sound, {bad} with problems"),
    }
}

fn as_lines(error: &LoadError) -> String {
    match error {
        LoadError::Problems(problems) => problems.to_text(),
        plain => format!("{plain}\n"),
    }
}

fn as_json(error: &LoadError) -> Value {
    let LoadError::Problems(problems) = error else { return json!({ "error": error.to_string() }) };
    let list = problems.problems.iter().map(|problem| {
        json!({
            "path": problem.path, "line": problem.line, "column": problem.column,
            "message": problem.message, "hint": problem.hint,
        })
    });
    json!({ "file": problems.source_text.name(), "problems": list.collect::<Vec<_>>() })
}
