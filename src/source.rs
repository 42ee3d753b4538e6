//! What a command plays: scenario files, recordings, or the built-in library.

use crate::exit::Failure;
use crate::library;
use faultline_recorder::import;
use faultline_scenarios::load::{self, LoadError};
use faultline_scenarios::{Book, Scenario, Speed};
use std::path::{Path, PathBuf};

/// What to play and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Scenario files, folders of them, or folders of `.es` recordings. None: the built-in library.
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

fn speed(text: &str) -> Result<Speed, String> {
    Speed::parse(text).ok_or_else(|| "write `max`, or a factor like `2x` or `0.5x`".to_owned())
}

impl SourceArgs {
    /// Loads everything.
    ///
    /// # Errors
    /// Every file that has problems.
    pub(crate) fn book(&self) -> Result<Book, Failure> {
        let mut scenarios = self.scenarios()?;
        if let Some(seed) = self.seed {
            scenarios.iter_mut().for_each(|scenario| scenario.file.seed = seed);
        }
        Ok(Book { speed: self.speed, improvise: self.improvise, ..Book::new(scenarios) })
    }

    fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        if self.paths.is_empty() {
            return Ok(if self.improvise { Vec::new() } else { library::scenarios() });
        }
        let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
        for path in &self.paths {
            let (good, bad) = load(path)?;
            scenarios.extend(good);
            errors.extend(bad);
        }
        if errors.is_empty() { Ok(scenarios) } else { Err(Failure::Scenarios(errors)) }
    }
}

fn load(path: &Path) -> Result<(Vec<Scenario>, Vec<LoadError>), Failure> {
    if !import::has_recordings(path) {
        return Ok(load::path(path));
    }
    let (recordings, errors) = import::folder(path);
    if let Some(error) = errors.first() {
        return Err(Failure::Plain(crate::exit::Exit::BadScenario, error.to_string()));
    }
    Ok((recordings.into_iter().map(|recording| recording.scenario).collect(), Vec::new()))
}
