//! `faultline cassette diff`: how two recordings differ by meaning.

use super::drifted::{Wanted, between, drifted};
use crate::exit::{Exit, Failure};
use crate::output::print;
use crate::source::scenarios;
use std::path::PathBuf;

/// What to compare.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A cassette, or a folder of them.
    before: PathBuf,
    /// The other one.
    after: PathBuf,
    /// Whatever the model says is the same.
    #[arg(long)]
    no_words: bool,
    /// Whenever it comes is the same.
    #[arg(long)]
    no_timing: bool,
}

/// Prints the differences; exit code 1 where there are some, as `diff` does.
///
/// # Errors
/// When a file has problems.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let side = |path: &PathBuf| scenarios(std::slice::from_ref(path));
    let (before, after) = (side(&args.before)?, side(&args.after)?);
    let wanted = Wanted { words: !args.no_words, timing: !args.no_timing };
    let lines = match (before.as_slice(), after.as_slice()) {
        // Two files are compared whatever they are called.
        ([one], [other]) if args.before.is_file() && args.after.is_file() => between(one, other, wanted),
        _ => drifted(&before, &after, wanted),
    };
    if lines.is_empty() {
        print("no difference\n")?;
        return Ok(Exit::Pass);
    }
    print(&(lines.join("\n") + "\n"))?;
    Ok(Exit::TestFailed)
}
