//! `faultline list`: which scenarios there are.

use crate::exit::{Exit, Failure};
use crate::output::{counted, print};
use crate::source::SourceArgs;
use faultline_scenarios::Scenario;

/// What to list.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
}

/// Lists scenarios by group: the folder that they are in.
///
/// # Errors
/// When a scenario has problems.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let book = args.source.book()?;
    let (mut text, mut group) = (String::new(), "");
    for scenario in &book.scenarios {
        let own = scenario.name.rsplit_once('/').map_or("", |(group, _)| group);
        if own != group {
            text += &format!("{own}/\n");
            group = own;
        }
        text += &format!("  {:<36} {}\n", scenario.name, first_sentence(scenario));
    }
    print(&format!("{text}{}\n", counted(book.scenarios.len(), "scenario")))?;
    Ok(Exit::Pass)
}

fn first_sentence(scenario: &Scenario) -> String {
    let about = scenario.file.about.as_deref().unwrap_or_default();
    let flat = about.split_whitespace().collect::<Vec<_>>().join(" ");
    flat.split_once(". ").map_or(flat.clone(), |(first, _)| format!("{first}."))
}
