//! The command line: the only reader of flags, environment and files of settings. One file per command.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this crate speaks to people; libraries do not"
)]

mod cli;
mod commands;
mod demo;
mod endpoint;
mod exit;
mod library;
mod logging;
mod source;
mod verdict;

use clap::Parser;
use cli::{Cli, Command};
use exit::Exit;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    logging::start(cli.log.as_deref());
    let exit = match cli.command {
        Command::Serve(args) => commands::serve::run(&args),
        Command::Run(args) => commands::run::run(&args),
        Command::Demo(args) => commands::demo::run(&args),
        Command::Env(args) => Ok(commands::env::run(&args)),
        Command::Check(args) => Ok(commands::check::run(&args)),
        Command::Explain(args) => commands::explain::run(&args),
        Command::List(args) => commands::list::run(&args),
        Command::Schema => Ok(commands::schema::run()),
    };
    exit.unwrap_or_else(|error| error.report()).into()
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
