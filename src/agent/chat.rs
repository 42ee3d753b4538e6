//! `faultline agent chat`: a conversation in the terminal.

use super::letters::{KeepArgs, keep};
use super::made::ModelArgs;
use super::session::{opened, save};
use super::shown::{Shown, said};
use crate::chance::token;
use crate::exit::{Exit, Failure};
use crate::output::{complain, print};
use crate::serving::small_runtime;
use faultline_agent::{Agent, AgentError, AgentEvent, Answer, Conversation, Labels, Sink};
use std::io::{BufRead as _, IsTerminal as _, stdin};
use std::path::PathBuf;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

/// Who talks with which model.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Keep the conversation in a file, and go on with the one that is there.
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    #[command(flatten)]
    dead_letters: KeepArgs,
}

/// Talks until the input ends, or until Ctrl-C where nothing is being answered.
///
/// # Errors
/// When the environment names no usable endpoint, or something cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let runtime = small_runtime()?;
    let agent = runtime.block_on(args.model.agent(args.session.as_deref()))?;
    let exit = runtime.block_on(talk(args, &agent));
    // Somebody may still be waited for at the keyboard.
    runtime.shutdown_background();
    exit
}

async fn talk(args: &Args, agent: &Agent) -> Result<Exit, Failure> {
    let session = args.session.as_deref();
    let letters = args.dead_letters.open()?;
    let mut conversation = opened(session)?;
    conversation.label(Labels { session: Some(token()?), user: None });
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::own)?;
    let (mut lines, is_person) = (typed(), stdin().is_terminal());
    loop {
        if is_person {
            print("\n> ")?;
        }
        let line = tokio::select! {
            line = lines.recv() => line,
            _ = interrupt.recv() => None,
        };
        let Some(prompt) = line else { return Ok(Exit::Pass) };
        if prompt.trim().is_empty() {
            continue;
        }
        let failed = answer(agent, &mut conversation, &prompt, &mut interrupt).await?;
        if let Some(error) = failed.filter(|error| !error.partial.kept) {
            keep(letters.as_ref(), args.model.id(), &prompt, &conversation, &error)?;
        }
        save(session, &conversation)?;
    }
}

/// One answer, or why there is none. What goes wrong is told, and the conversation is what it was before.
async fn answer(
    agent: &Agent,
    conversation: &mut Conversation,
    prompt: &str,
    interrupt: &mut Signal,
) -> Result<Option<AgentError>, Failure> {
    let mut shown = Shown::new(true);
    let mut sink = |event: AgentEvent| {
        if let AgentEvent::ToolStarted { name, .. } = &event {
            complain(&format!("· running {name}"));
        }
        shown.event(&event);
    };
    let answered = tokio::select! {
        answer = ask(agent, conversation, prompt, &mut sink) => Some(answer),
        _ = interrupt.recv() => None,
    };
    shown.end()?;
    match answered {
        None => complain("stopped; what was said before stands"),
        Some(Ok(_)) => {}
        Some(Err(error)) => {
            complain(&said(&error));
            if error.partial.kept {
                complain(&format!("what there is of the answer is kept; {CONTINUE} asks for the rest"));
            }
            return Ok(Some(error));
        }
    }
    Ok(None)
}

/// What somebody types to have the rest of an answer that broke.
const CONTINUE: &str = "/continue";

async fn ask<'a>(
    agent: &'a Agent,
    conversation: &mut Conversation,
    prompt: &str,
    sink: &'a mut Sink<'a>,
) -> Result<Answer, AgentError> {
    if prompt.trim() == CONTINUE {
        return agent.resume(conversation, sink).await;
    }
    agent.run(conversation, prompt, sink).await
}

/// What somebody types, line by line; reading waits on a thread of its own.
fn typed() -> Receiver<String> {
    let (to, lines) = channel(1);
    std::thread::spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            if to.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
