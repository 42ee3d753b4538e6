//! What a command plays: scenario files, recordings, or the built-in library.

use crate::exit::{Bad, Failure};
use crate::library;
use crate::values::speed;
use faultline_recorder::import;
use faultline_recorder::slot::Slot;
use faultline_recorder::store;
use faultline_scenarios::load::{self, LoadError};
use faultline_scenarios::{Book, Scenario, Speed};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to play and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Scenario files, `.es` recordings, or folders of them. None: the built-in library.
    pub(crate) paths: Vec<PathBuf>,
    /// How fast pacing is played: `max` waits for nothing, `2x` is twice as fast.
    #[arg(long, value_name = "SPEED", value_parser = speed, default_value = "1x")]
    pub(crate) speed: Speed,
    /// The seed of every scenario, instead of its own.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Answer requests that no scenario wants with a made-up reply: the agent's own first tool, then a short text.
    #[arg(long)]
    pub(crate) improvise: bool,
}

impl SourceArgs {
    /// Loads everything.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn book(&self) -> Result<Book, Failure> {
        Ok(self.book_of(scenarios(&self.paths)?))
    }

    /// As `book`, but a server that shall improvise, and was given no paths, has no scenarios; and the built-in scenarios
    /// that are about connections are left out, since each needs a server of its own.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn book_to_serve(&self) -> Result<Book, Failure> {
        if !self.paths.is_empty() {
            return self.book();
        }
        let mut scenarios = if self.improvise { Vec::new() } else { library::scenarios() };
        scenarios.retain(|scenario| scenario.file.admission.is_empty());
        Ok(self.book_of(scenarios))
    }

    fn book_of(&self, mut scenarios: Vec<Scenario>) -> Book {
        if let Some(seed) = self.seed {
            scenarios.iter_mut().for_each(|scenario| scenario.file.seed = seed);
        }
        Book { speed: self.speed, improvise: self.improvise, ..Book::new(scenarios) }
    }
}

/// The cassettes of a folder that need not be there yet, and the file of each.
///
/// # Errors
/// Everything that is wrong with them.
pub(crate) fn book_of_cassettes(
    folder: &Path,
    speed: Speed,
) -> Result<(Book, Vec<(Slot, PathBuf)>), Failure> {
    if !folder.exists() {
        return Ok((Book { speed, ..Book::new(Vec::new()) }, Vec::new()));
    }
    let (scenarios, wrong) = store::cassettes(folder);
    if !wrong.is_empty() {
        return Err(Failure::Scenarios(wrong.into_iter().map(Bad::Scenario).collect()));
    }
    let files = store::files(folder, &scenarios);
    Ok((Book { speed, ..Book::new(scenarios) }, files))
}

/// The scenarios and recordings of the paths; the built-in library without any.
///
/// # Errors
/// Everything that is wrong with them.
pub(crate) fn scenarios(paths: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
    if paths.is_empty() {
        return Ok(library::scenarios());
    }
    let (scenarios, bad) = load_all(paths);
    if bad.is_empty() { Ok(scenarios) } else { Err(Failure::Scenarios(bad)) }
}

/// Every scenario and recording of the paths, and everything that is wrong with them: both lists are complete.
pub(crate) fn load_all(paths: &[PathBuf]) -> (Vec<Scenario>, Vec<Bad>) {
    let (mut scenarios, mut bad) = (Vec::new(), Vec::new());
    let mut names: HashMap<Arc<str>, &Path> = HashMap::new();
    for path in paths {
        let (good, wrong) = load(path);
        bad.extend(wrong);
        for scenario in good {
            match names.insert(scenario.name.clone(), path) {
                None => scenarios.push(scenario),
                Some(first) => bad.push(Bad::Twice {
                    name: scenario.name.to_string(),
                    first: first.to_owned(),
                    second: path.clone(),
                }),
            }
        }
    }
    (scenarios, bad)
}

fn load(path: &Path) -> (Vec<Scenario>, Vec<Bad>) {
    if import::is_recording(path) {
        return match import::file(path) {
            Ok(recording) => (vec![recording.scenario], Vec::new()),
            Err(error) => (Vec::new(), vec![Bad::Recording(error)]),
        };
    }
    let (recordings, unsound) = import::folder(path);
    let (mut scenarios, mut errors) = load::path(path);
    if !recordings.is_empty() || !unsound.is_empty() {
        // A folder of nothing but recordings lacks nothing.
        errors.retain(|error| !matches!(error, LoadError::Empty { .. }));
    }
    scenarios.extend(recordings.into_iter().map(|recording| recording.scenario));
    let bad = errors.into_iter().map(Bad::Scenario).chain(unsound.into_iter().map(Bad::Recording));
    (scenarios, bad.collect())
}
