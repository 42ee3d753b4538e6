//! `faultline cassette`: looks at recordings, compares them, counts them, and changes them.

use crate::cassette::{diff, scrub, show, stats, trim};
use crate::exit::{Exit, Failure};

/// What to do with cassettes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

/// The ways of looking at cassettes.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print recordings as timelines.
    Show(show::Args),
    /// Say how two recordings differ by meaning: events, fields, errors, words, times.
    Diff(diff::Args),
    /// Statistics of each model: first frame, gaps, fragments, tokens; also as a `pace` for scenarios.
    Stats(stats::Args),
    /// Take secrets out of files that are there.
    Scrub(scrub::Args),
    /// Make recordings shorter: fewer takes, shorter waits, without requests.
    Trim(trim::Args),
}

/// Does it.
///
/// # Errors
/// When files have problems or cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::Show(args) => show::run(args),
        What::Diff(args) => diff::run(args),
        What::Stats(args) => stats::run(args),
        What::Scrub(args) => scrub::run(args),
        What::Trim(args) => trim::run(args),
    }
}
