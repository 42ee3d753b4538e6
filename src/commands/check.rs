//! `faultline check`: everything that is wrong with scenario files, all at once.

use crate::exit::{Bad, Exit, Failure, show};
use crate::output::{counted, print};
use crate::source::load_all;
use faultline_scenarios::load::LoadError;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scenario files, `.es` recordings, or folders of them; each path is checked by itself.
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
///
/// # Errors
/// When the result cannot be printed.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let (mut sound, mut bad) = (0, Vec::new());
    for path in &args.paths {
        let (scenarios, wrong) = load_all(std::slice::from_ref(path));
        sound += scenarios.len();
        bad.extend(wrong);
    }
    let exit = if bad.is_empty() { Exit::Pass } else { Exit::BadScenario };
    let text = match args.output {
        Output::Json => as_json(sound, &bad),
        Output::Lines => bad.iter().map(as_lines).collect(),
        Output::Text => as_text(sound, bad),
    };
    print(&text)?;
    Ok(exit)
}

/// The sum. The problems themselves go to standard error, as in every command.
fn as_text(sound: usize, bad: Vec<Bad>) -> String {
    let (sound, count) = (counted(sound, "scenario"), bad.len());
    bad.into_iter().for_each(show);
    match count {
        0 => format!("{sound}, no problems\n"),
        count => format!("{sound} sound, {count} with problems\n"),
    }
}

fn as_lines(bad: &Bad) -> String {
    match bad {
        Bad::Scenario(LoadError::Problems(problems)) => problems.to_text(),
        plain => format!("{plain}\n"),
    }
}

fn as_json(sound: usize, bad: &[Bad]) -> String {
    format!("{:#}\n", json!({ "sound": sound, "bad": bad.iter().map(one_as_json).collect::<Vec<_>>() }))
}

fn one_as_json(bad: &Bad) -> Value {
    let Bad::Scenario(LoadError::Problems(problems)) = bad else {
        return json!({ "error": bad.to_string() });
    };
    let list = problems.problems.iter().map(|problem| {
        json!({
            "path": problem.path, "line": problem.line, "column": problem.column,
            "message": problem.message, "hint": problem.hint,
        })
    });
    json!({ "file": problems.source_text.name(), "problems": list.collect::<Vec<_>>() })
}
