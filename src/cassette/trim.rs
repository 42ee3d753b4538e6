//! `faultline cassette trim`: shorter recordings.

use super::files::change;
use crate::exit::{Exit, Failure};
use crate::values::span;
use faultline_recorder::rewrite::Changes;
use std::path::PathBuf;
use std::time::Duration;

/// What to trim, and how.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("how").required(true).multiple(true).args(["takes", "longest_wait", "without_asked"])))]
pub(crate) struct Args {
    /// Cassettes, or folders of them.
    #[arg(required = true, value_name = "CASSETTE")]
    paths: Vec<PathBuf>,
    /// Keep so many takes of each request: the newest.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    takes: Option<u16>,
    /// Cut every wait to this length.
    #[arg(long, value_name = "SPAN", value_parser = span)]
    longest_wait: Option<Duration>,
    /// Leave out what was asked; the condition that finds the recording stays.
    #[arg(long)]
    without_asked: bool,
    /// Change nothing: name the files that would change, and fail if one would.
    #[arg(long)]
    check: bool,
}

/// Trims.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let changes = Changes {
        redactor: None,
        takes: args.takes.map(usize::from),
        longest_wait: args.longest_wait.map(|span| span.as_secs_f64() * 1000.0),
        without_asked: args.without_asked,
    };
    change(&args.paths, &changes, args.check)
}
