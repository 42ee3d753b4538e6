//! `faultline serve`: a Bedrock endpoint on loopback until it is stopped.

use crate::cassettes::Reader;
use crate::exit::{Exit, Failure};
use crate::output::counted;
use crate::serving::{PlaceArgs, SocketArgs, runtime, until_stopped};
use crate::source::SourceArgs;
use faultline_mock_bedrock::{Options, Scripted};
use faultline_scenarios::admission::Admission;
use faultline_scenarios::{Book, Scenario, Speed};
use std::path::PathBuf;
use std::sync::Arc;

/// What to serve and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Settings that `serve` and `run` share.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServerArgs {
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
    /// Answer requests that Bedrock would refuse.
    #[arg(long)]
    pub(crate) lenient: bool,
    /// The folder below which a test may name the cassette of its session: `POST /_faultline/cassettes?session=NAME`.
    #[arg(long, value_name = "FOLDER")]
    cassettes: Option<PathBuf>,
}

impl ServerArgs {
    /// Who reads the cassettes of sessions, which are played at `speed`.
    pub(crate) fn reader(&self, speed: Speed) -> Arc<Reader> {
        Arc::new(Reader { folder: self.cassettes.clone(), speed })
    }

    /// The brain that plays `book`.
    pub(crate) fn brain(&self, book: Book) -> Arc<Scripted> {
        let scripted = Scripted::new(book);
        Arc::new(if self.lenient { scripted.lenient() } else { scripted })
    }
}

/// What goes wrong with the connections of a server that plays `book`. Connections belong to a server, not to one of its
/// scenarios.
///
/// # Errors
/// When one of several scenarios is about connections.
pub(crate) fn admission(book: &Book) -> Result<Vec<Admission>, Failure> {
    let about = |scenario: &&Arc<Scenario>| !scenario.file.admission.is_empty();
    match (book.scenarios.as_slice(), book.scenarios.iter().find(about)) {
        (_, None) => Ok(Vec::new()),
        ([only], _) => Ok(only.file.admission.clone()),
        (_, Some(one)) => Err(Failure::usage(format!(
            "the scenario `{}` has `admission`, which strikes every connection of a server: serve it alone, without others",
            one.name
        ))),
    }
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When a scenario has problems or the server cannot start.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let book = args.source.book_to_serve()?;
    let admission = admission(&book)?;
    let cassettes = Some(args.server.reader(args.source.speed) as _);
    let options = Options { admission, cassettes, ..args.place.options(&args.server.socket)? };
    let scenarios = book.scenarios.len();
    let headline = format!("faultline serves {}", counted(scenarios, "scenario"));
    let brain = args.server.brain(book);
    runtime()?.block_on(until_stopped(options, brain, &args.place, &headline, scenarios))?;
    Ok(Exit::Pass)
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::load;

    fn book(files: &[(&str, &str)]) -> Book {
        let scenario = |(name, more): &(&str, &str)| {
            let text = format!("faultline: 1\nreplies: [{{message: [{{text: hi}}]}}]\n{more}");
            load::scenario(name, name, &text).unwrap()
        };
        Book::new(files.iter().map(scenario).collect())
    }

    const REFUSE: &str = "admission: [{do: refuse}]\n";

    #[test]
    fn a_scenario_about_connections_is_served_alone_or_not_at_all() {
        assert_eq!(admission(&book(&[("a", REFUSE)])).unwrap().len(), 1);
        assert_eq!(admission(&book(&[("a", ""), ("b", "")])).unwrap().len(), 0);
        let Err(Failure::Plain(exit, why)) = admission(&book(&[("a", ""), ("b", REFUSE)])) else {
            panic!("two scenarios share a server")
        };
        assert_eq!(exit, Exit::Usage);
        assert!(why.contains("`b`") && why.contains("serve it alone"), "{why}");
    }
}
