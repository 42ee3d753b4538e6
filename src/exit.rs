//! How a command ends, and why it failed: named exit codes and errors in one clear sentence.

use faultline_mock_bedrock::StartError;
use faultline_scenarios::load::LoadError;
use std::fmt::Display;

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

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Files with problems, all of them.
    Scenarios(Vec<LoadError>),
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
                eprintln!("faultline: {why}");
                exit
            }
            Self::Scenarios(errors) => {
                for error in errors {
                    show(error);
                }
                Exit::BadScenario
            }
        }
    }
}

/// One bad file: with its text where that is known.
pub(crate) fn show(error: LoadError) {
    match error {
        LoadError::Problems(problems) => eprintln!("{:?}", miette::Report::new(problems)),
        plain => eprintln!("faultline: {plain}"),
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Public(_) => Self::usage(format!("{error} (--public)")),
            error => Self::own(error),
        }
    }
}
