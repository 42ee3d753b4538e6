//! How a command ends, and why it failed: named exit codes and errors in one clear sentence.

use crate::output::{Unwritten, complain};
use faultline_mock_bedrock::StartError;
use faultline_recorder::import::ImportError;
use faultline_scenarios::load::LoadError;
use std::fmt::Display;
use std::path::PathBuf;

/// The exit codes. They are documented in the README and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything passed.
    Pass = 0,
    /// The system under test failed.
    TestFailed = 1,
    /// The command line makes no sense. (clap exits with the same code.)
    Usage = 2,
    /// A scenario file has problems.
    BadScenario = 3,
    /// We failed ourselves.
    OwnFailure = 4,
}

/// What is wrong with a file that was to be played.
#[derive(Debug)]
pub(crate) enum Bad {
    /// It is no sound scenario.
    Scenario(LoadError),
    /// It is no sound recording.
    Recording(ImportError),
    /// Its name is another one's, too: a session bound to it could mean either.
    Twice {
        /// The name.
        name: String,
        /// The path that gave it first.
        first: PathBuf,
        /// The path that gave it again; may be the same.
        second: PathBuf,
    },
}

impl Display for Bad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scenario(error) => error.fmt(f),
            Self::Recording(error) => error.fmt(f),
            Self::Twice { name, first, second } => write!(
                f,
                "two scenarios are called `{name}`, one of {} and one of {}: rename one, or load the folder above both",
                first.display(),
                second.display()
            ),
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Everything that is wrong with what was to be played.
    Scenarios(Vec<Bad>),
    /// Something said in one sentence.
    Plain(Exit, String),
}

impl Failure {
    /// The command line makes no sense.
    pub(crate) fn usage(why: impl Display) -> Self {
        Self::Plain(Exit::Usage, why.to_string())
    }

    /// We failed ourselves.
    pub(crate) fn own(why: impl Display) -> Self {
        Self::Plain(Exit::OwnFailure, why.to_string())
    }

    /// Tells the user and gives the exit code.
    pub(crate) fn report(self) -> Exit {
        match self {
            Self::Plain(exit, why) => {
                complain(&format!("faultline: {why}"));
                exit
            }
            Self::Scenarios(bad) => {
                bad.into_iter().for_each(show);
                Exit::BadScenario
            }
        }
    }
}

/// One bad file: with its text where that is known.
pub(crate) fn show(bad: Bad) {
    match bad {
        Bad::Scenario(LoadError::Problems(problems)) => {
            complain(&format!("{:?}", miette::Report::new(problems)));
        }
        plain => complain(&format!("faultline: {plain}")),
    }
}

impl From<Unwritten> for Failure {
    fn from(error: Unwritten) -> Self {
        Self::own(error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::NeedsTls => Self::usage(format!("{error} (--tls)")),
            StartError::Public(_) => Self::usage(format!("{error} (--public)")),
            error => Self::own(error),
        }
    }
}
