//! `faultline cassette scrub`: secrets out of cassettes that are there.

use super::files::change;
use crate::exit::{Exit, Failure};
use crate::output::complain;
use crate::redacting::{RedactArgs, replaced};
use faultline_recorder::rewrite::Changes;
use std::path::PathBuf;

/// What to scrub.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Cassettes, or folders of them.
    #[arg(required = true, value_name = "CASSETTE")]
    paths: Vec<PathBuf>,
    /// Change nothing: name the files that hold a secret, and fail if one does.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    redact: RedactArgs,
}

/// Scrubs.
///
/// # Errors
/// When a rule cannot be read, or a file cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let redactor = args.redact.redactor()?;
    let changes = Changes { redactor: Some(redactor.clone()), ..Changes::default() };
    let exit = change(&args.paths, &changes, args.check)?;
    replaced(&redactor).iter().for_each(|line| complain(line));
    Ok(exit)
}
