//! `faultline review`: snapshots that wait for a decision, one after the other.

use crate::exit::{Exit, Failure};
use crate::output::{counted, print};
use crate::snapshots::{Pending, Store, unified};
use std::io::{BufRead, IsTerminal, stdin};
use std::path::{Path, PathBuf};

/// Which snapshots, and what to do with all of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder that `run --snapshots` was given.
    folder: PathBuf,
    /// Accept every pending snapshot.
    #[arg(long, conflicts_with = "reject")]
    accept: bool,
    /// Throw every pending snapshot away.
    #[arg(long)]
    reject: bool,
}

/// What is decided of one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Accept,
    Reject,
    Skip,
}

/// Shows every pending snapshot and does what was decided. Exit code 1 when some are left undecided.
///
/// # Errors
/// When the folder is not there, or a file cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if !args.folder.is_dir() {
        return Err(Failure::usage(format!("{}: is no folder of snapshots", args.folder.display())));
    }
    let pending = Store::open(&args.folder)?.pending()?;
    let mut skipped = 0;
    for one in &pending {
        print(&shown(one))?;
        skipped += usize::from(decide(args, one)? == Choice::Skip);
    }
    let decided = counted(pending.len() - skipped, "snapshot");
    print(&format!("{decided} decided, {skipped} left\n"))?;
    Ok(if skipped == 0 { Exit::Pass } else { Exit::TestFailed })
}

fn shown(pending: &Pending) -> String {
    let what = if pending.old.is_some() { "changed" } else { "new" };
    let old = pending.old.as_deref().unwrap_or_default();
    format!("{} ({what})\n{}\n", pending.path.display(), difference(&pending.path, old, &pending.new))
}

/// The difference, as it is shown for a changed or new snapshot.
pub(crate) fn difference(path: &Path, old: &str, new: &str) -> String {
    unified(&path.display().to_string(), old, new)
}

fn decide(args: &Args, pending: &Pending) -> Result<Choice, Failure> {
    let choice = match (args.accept, args.reject) {
        (true, _) => Choice::Accept,
        (_, true) => Choice::Reject,
        _ if stdin().is_terminal() => ask()?,
        _ => Choice::Skip,
    };
    match choice {
        Choice::Accept => pending.accept()?,
        Choice::Reject => pending.reject()?,
        Choice::Skip => {}
    }
    Ok(choice)
}

/// Asks until there is an answer; the end of the input skips.
fn ask() -> Result<Choice, Failure> {
    loop {
        print("accept, reject or skip? [a/r/s] ")?;
        let mut line = String::new();
        let count = stdin().lock().read_line(&mut line).map_err(Failure::own)?;
        match (count, line.trim()) {
            (0, _) | (_, "s" | "skip") => return Ok(Choice::Skip),
            (_, "a" | "accept") => return Ok(Choice::Accept),
            (_, "r" | "reject") => return Ok(Choice::Reject),
            _ => {}
        }
    }
}
