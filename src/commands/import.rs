//! `faultline import`: recordings that other tools made become cassettes.

use crate::exit::{Exit, Failure};
use crate::import::{Folder, Outcome, Report, Source, put, read, sources};
use crate::output::print;
use crate::redacting::{RedactArgs, replaced};
use faultline_recorder::import::{Imported, Kind, written};
use faultline_recorder::redact::Redactor;
use faultline_recorder::take::Take;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to import, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Recordings of other tools, or folders of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder of cassettes; each test has a folder of its own in it.
    #[arg(long, value_name = "FOLDER", default_value = "cassettes")]
    into: PathBuf,
    /// Whose recordings they are, where that shall not be found out: es, vcrpy, ruby-vcr, go-vcr, nock, wiremock, har,
    /// ddapm, req-llm, httpmock.
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// The test that all of them are of; left out: each file is a test of its own, called like the file, or as it calls
    /// itself.
    #[arg(long, value_name = "NAME")]
    test: Option<String>,
    /// Replace cassettes that are there.
    #[arg(long)]
    force: bool,
    /// Print one JSON line instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    redact: RedactArgs,
}

/// Imports.
///
/// # Errors
/// When a path cannot be read, a rule is none, or the folder cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let redactor = args.redact.redactor()?;
    let (mut outcomes, mut tests) = (Vec::new(), Vec::new());
    for source in sources(&args.files)? {
        let found = read(&source.path, args.kind);
        if let Some(test) = found.as_ref().ok().filter(|found| !found.takes.is_empty()) {
            let test = args.test.clone().unwrap_or_else(|| named(&source, test, &tests));
            tests.push((test, outcomes.len()));
        }
        let Source { path, is_named, .. } = source;
        outcomes.push(Outcome { path, found, went: Ok(None), is_named: is_named || args.kind.is_some() });
    }
    let cassettes = keep(args, &redactor, &tests, &mut outcomes)?;
    let report = Report { outcomes, cassettes, replaced: replaced(&redactor) };
    print(&if args.json { report.to_json() } else { report.to_text() })?;
    Ok(if report.is_bad() { Exit::BadScenario } else { Exit::Pass })
}

/// The name that a file gives itself, else its own; a number tells it from another file of that name.
fn named(source: &Source, found: &Imported, tests: &[(String, usize)]) -> String {
    let name = found.name.clone().unwrap_or_else(|| source.name.clone());
    let is_free = |name: &String| !tests.iter().any(|(other, _)| other == name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap_or(name)
}

/// Writes the takes of each test; how many cassettes that made.
fn keep(
    args: &Args,
    redactor: &Arc<Redactor>,
    tests: &[(String, usize)],
    outcomes: &mut [Outcome],
) -> Result<usize, Failure> {
    let mut cassettes = 0;
    let mut done: Vec<&str> = Vec::new();
    for (test, _) in tests {
        if done.contains(&test.as_str()) {
            continue;
        }
        done.push(test);
        let of_test: Vec<usize> =
            tests.iter().filter(|(other, _)| other == test).map(|(_, at)| *at).collect();
        let files = written(test, &takes(&of_test, outcomes), redactor);
        let went = put(&args.into, test, &files, args.force).map_err(|why| unwritten(&args.into, &why))?;
        let went = match went {
            Folder::Written(folder) => {
                cassettes += files.len();
                Ok(Some(folder))
            }
            Folder::Taken(folder) => Err(format!(
                "{} has cassettes already: --force replaces them, --test NAME or --into FOLDER goes elsewhere",
                folder.display()
            )),
        };
        of_test.into_iter().for_each(|at| outcomes[at].went = went.clone());
    }
    Ok(cassettes)
}

fn takes(of_test: &[usize], outcomes: &[Outcome]) -> Vec<Take> {
    let all = of_test.iter().filter_map(|at| outcomes[*at].found.as_ref().ok());
    all.flat_map(|imported| imported.takes.iter().cloned()).collect()
}

fn unwritten(folder: &Path, why: &std::io::Error) -> Failure {
    Failure::own(format!("{}: cannot be written: {why}", folder.display()))
}
