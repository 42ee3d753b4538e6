//! The command line: the only reader of flags, environment and files of settings. One file per command.

mod agent;
mod auth;
mod ca;
mod cassette;
mod cassettes;
mod chance;
mod child;
mod cli;
mod collected;
mod commands;
mod crew;
mod demo;
mod endpoint;
mod exit;
mod grade;
mod import;
mod invocation;
mod library;
mod logging;
mod observe;
mod output;
mod picture;
mod record;
mod redacting;
mod report;
mod seen;
mod serving;
mod shell;
mod snapshots;
mod source;
mod stop;
mod supervise;
mod telemetry;
mod toolbox;
mod top;
mod values;
mod verdict;
mod whole;

use clap::Parser;
use cli::{Cli, Command};
use exit::{Exit, Failure};

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let exit = observe::Observer::start(cli.command.observed()).and_then(|observer| {
        let exit = told(&cli, observer.as_ref().map(observe::Observer::url));
        observer.into_iter().for_each(observe::Observer::end);
        exit
    });
    exit.unwrap_or_else(Failure::report).into()
}

/// Runs the command while it is told what it does: to `collector`, or to whom the command line names.
fn told(cli: &Cli, collector: Option<String>) -> Result<Exit, Failure> {
    telemetry::Providers::start(&cli.telemetry.sent_to(collector)).map(|providers| {
        let started = logging::start(cli.log.as_deref(), cli.log_format, providers.as_ref());
        // The failure is told before what is said of spans.
        let exit = started.and_then(|()| run(cli)).unwrap_or_else(Failure::report);
        providers.into_iter().for_each(telemetry::Providers::end);
        exit
    })
}

fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Serve(args) => commands::serve::run(args),
        Command::Run(args) => commands::run::run(args),
        Command::Record(args) => commands::record::run(args),
        Command::Grade(args) => commands::grade::run(args),
        Command::Demo(args) => commands::demo::run(args),
        Command::Import(args) => commands::import::run(args),
        Command::Export(args) => commands::export::run(args),
        Command::Cassette(args) => commands::cassette::run(args),
        Command::Agent(args) => commands::agent::run(args),
        Command::Env(args) => commands::env::run(args),
        Command::Check(args) => commands::check::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::List(args) => commands::list::run(args),
        Command::Review(args) => commands::review::run(args),
        Command::Collect(args) => commands::collect::run(args),
        Command::Traces(args) => commands::traces::run(args),
        Command::Latency(args) => commands::latency::run(args),
        Command::Top(args) => commands::top::run(args),
        Command::Tools(args) => commands::tools::run(args),
        Command::Schema => commands::schema::run(),
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
