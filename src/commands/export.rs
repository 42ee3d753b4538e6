//! `faultline export`: cassettes as other tools have them.

use crate::exit::{Exit, Failure};
use crate::output::{complain, counted, print};
use crate::source::scenarios;
use faultline_recorder::export::{har, takes, vcrpy};
use faultline_recorder::take::Take;
use faultline_scenarios::recorded::HowEnded;
use std::path::PathBuf;

/// What to export, and as what.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("form").required(true).args(["vcrpy", "har"])))]
pub(crate) struct Args {
    /// Cassettes, or folders of them.
    #[arg(required = true, value_name = "CASSETTE")]
    paths: Vec<PathBuf>,
    /// A cassette of vcrpy, in YAML.
    #[arg(long)]
    vcrpy: bool,
    /// HAR 1.2.
    #[arg(long)]
    har: bool,
    /// The file to write; left out: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Exports.
///
/// # Errors
/// When a cassette has problems, or the file cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let (mut all, mut left) = (Vec::new(), 0);
    for scenario in scenarios(&args.paths)? {
        for take in takes(&scenario) {
            let formed = take.and_then(|take| form(args, std::slice::from_ref(&take)).map(|_| take));
            match formed {
                Ok(take) => all.push(take),
                Err(why) => {
                    complain(&format!("faultline: {}: not exported: {why}", scenario.name));
                    left += 1;
                }
            }
        }
    }
    let text = form(args, &all).map_err(Failure::own)?;
    match &args.out {
        None => drop(print(&text)?),
        Some(file) => std::fs::write(file, text)
            .map_err(|why| Failure::own(format!("{}: cannot be written: {why}", file.display())))?,
    }
    said(&all);
    Ok(if left > 0 { Exit::BadScenario } else { Exit::Pass })
}

fn form(args: &Args, takes: &[Take]) -> Result<String, String> {
    if args.vcrpy { vcrpy(takes) } else { har(takes, ("faultline", env!("CARGO_PKG_VERSION"))) }
}

/// What was written, and what the form has no place for.
fn said(takes: &[Take]) {
    complain(&format!("{} exported", counted(takes.len(), "exchange")));
    let broken = takes.iter().filter(|take| take.how != HowEnded::Complete).count();
    if broken > 0 {
        let answers = counted(broken, "answer");
        complain(&format!("{answers} did not end as HTTP wants it: the export ends them as if they did"));
    }
}
