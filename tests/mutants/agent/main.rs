//! A small tool-using agent that does what the field has learnt to do, and, with `--bug NAME`, one thing that it has
//! learnt not to. `faultline grade` must pass the one and catch the other: `tests/mutants.rs`.
//!
//! It shares no code with the rest of the house and knows nothing of it. It reads what any agent's user would give it:
//! the usual AWS variables, and prompts on standard input, a line each.

mod agent;
mod ask;
mod bug;
mod client;
mod decide;
mod errors;
mod failure;
mod fold;
mod history;
mod json;
mod limits;
mod message;
mod output;
mod scripted;
mod stream;
mod tally;
mod tools;
mod unary;

use agent::Agent;
use bug::Bug;
use failure::Failure;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

/// What was typed.
struct Args {
    bug: Bug,
    verbose: bool,
    list: bool,
}

fn main() -> ExitCode {
    let done = args().and_then(|args| {
        if args.list {
            list();
            return Ok(true);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|why| why.to_string())?.block_on(converse(&args))
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            output::say(&why);
            ExitCode::from(2)
        }
    }
}

fn args() -> Result<Args, String> {
    let mut args = Args { bug: Bug::None, verbose: false, list: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--bug" => {
                let name = words.next().unwrap_or_default();
                args.bug = Bug::named(&name).ok_or(format!("no bug is called {name:?}; see --bugs"))?;
            }
            "--bugs" => args.list = true,
            "--verbose" => args.verbose = true,
            other => {
                return Err(format!("unknown argument {other:?}; known are --bug NAME, --bugs, --verbose"));
            }
        }
    }
    Ok(args)
}

/// Every bug: name, what it does, where it was seen.
fn list() {
    for (_, name, what, seen) in bug::ALL {
        output::print(&format!("{name}\t{}\t{seen}\n", what.trim()));
    }
}

/// All prompts, as one conversation. Whether the last one was answered is what counts: a turn before it may have
/// failed and been asked again.
async fn converse(args: &Args) -> Result<bool, String> {
    if args.bug.is(Bug::IgnoresInterrupts) {
        // Once somebody listens, the signal does not end the process any more.
        let mut interrupts = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
            .map_err(|why| why.to_string())?;
        tokio::spawn(async move { while interrupts.recv().await.is_some() {} });
    }
    let mut agent = Agent::new(client::model()?, args.bug).await?;
    let mut answered = false;
    for prompt in prompts()? {
        answered = match agent.prompt(&prompt).await {
            Ok(text) => {
                let text = if args.bug.is(Bug::ShowsBothAttempts) { String::new() } else { text };
                output::print(&format!("{text}\n"));
                true
            }
            Err(failure) => {
                complain(failure, args.bug);
                args.bug.is(Bug::ExitsZero)
            }
        };
    }
    if args.verbose {
        agent.tools.effects.iter().for_each(|effect| output::say(&format!("effect: {effect}")));
    }
    report(&agent)?;
    Ok(answered)
}

fn complain(failure: Failure, bug: Bug) {
    match bug {
        Bug::SwallowsError => {}
        Bug::LosesRequestId => output::say(&failure.anonymous().to_string()),
        _ => output::say(&failure.to_string()),
    }
}

/// Standard input, a line each, where something comes from there; else the variable.
fn prompts() -> Result<Vec<String>, String> {
    let mut text = String::new();
    if !std::io::stdin().is_terminal() {
        std::io::stdin().read_to_string(&mut text).map_err(|why| why.to_string())?;
    }
    if text.trim().is_empty() {
        text = client::first(&["FAULTLINE_PROMPT"]).ok_or("no prompt")?;
    }
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}

fn report(agent: &Agent) -> Result<(), String> {
    let Some(path) = client::first(&["FAULTLINE_REPORT"]) else { return Ok(()) };
    std::fs::write(&path, agent.tally.report().to_string()).map_err(|why| format!("{path}: {why}"))
}
