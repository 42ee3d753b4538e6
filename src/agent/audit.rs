//! `faultline agent audit`: whether a log of tool calls is as it was written.

use crate::exit::{Exit, Failure};
use crate::output::{complain, counted, print};
use faultline_agent::tools::{AuditError, verify_audit};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// What to do with a log.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

/// The ways.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Follow the chain of hashes from the first line to the last. Lines that were cut off at the end leave no trace in it:
    /// compare the count and the last hash with what you kept.
    Verify {
        /// The file that `--audit` wrote.
        file: PathBuf,
    },
}

/// Does it.
///
/// # Errors
/// When there is no such file, or it cannot be read.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let What::Verify { file } = &args.what;
    let told = |why: std::io::Error| Failure::usage(format!("{}: {why}", file.display()));
    match verify_audit(BufReader::new(File::open(file).map_err(told)?)) {
        Ok(whole) => {
            print(&format!(
                "{} in one chain\nlast {}\n",
                counted(usize::try_from(whole.lines).unwrap_or(usize::MAX), "line"),
                whole.head
            ))?;
            Ok(Exit::Pass)
        }
        Err(AuditError::Io(why)) => Err(told(why)),
        Err(broken) => {
            complain(&format!("{}: {broken}", file.display()));
            Ok(Exit::TestFailed)
        }
    }
}
