//! `faultline agent`: the reference agent as a command, with three small tools, so that people can talk to an endpoint
//! and `grade` has an agent at hand.
//!
//! It reads what any agent's user would set: the AWS variables, and nothing that tells it of faultline's mock but the
//! prompt and where a report of the cost goes. Text comes to standard output as it arrives; errors go to standard error.

use crate::agent::{
    KeepArgs, ModelArgs, Shown, audit, chat, keep, letters, opened, said, save, serve, variable, worker,
};
use crate::chance::token;
use crate::exit::{Exit, Failure};
use crate::output::complain;
use crate::serving::small_runtime;
use faultline_agent::{Agent, AgentError, AgentEvent, AttemptRecord, Conversation, DeadLetters, Labels};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::PathBuf;

/// Which agent, and what it is asked.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// What to ask. Left out: the lines of FAULTLINE_PROMPT, or of standard input, as one conversation.
    prompt: Option<String>,
    #[command(flatten)]
    model: ModelArgs,
    /// Keep the conversation in a file, and go on with the one that is there.
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Ask for the rest of an answer that broke and that `--keep-partial` kept in the session.
    #[arg(long = "continue", requires = "session", conflicts_with = "prompt")]
    go_on: bool,
    #[command(flatten)]
    dead_letters: KeepArgs,
    /// Say on standard error which attempts failed, why, and after which event.
    #[arg(long, short)]
    verbose: bool,
}

/// Other ways to talk to it.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Talk to it in the terminal; Ctrl-C stops an answer and keeps the conversation.
    Chat(chat::Args),
    /// Serve it over HTTP: server-sent events, and a chat page.
    Serve(serve::Args),
    /// Work on tasks of a queue, without HTTP: as many processes on as many machines as you like.
    Worker(worker::Args),
    /// Look at prompts that got no answer, and ask them again.
    DeadLetters(letters::Args),
    /// Check what `--audit` wrote.
    Audit(audit::Args),
}

/// Asks every prompt, in one conversation. A turn that fails leaves no trace in it, and the next prompt is asked all the
/// same; whether the last one was answered decides how the command ends.
///
/// # Errors
/// When the environment names no usable endpoint, there is no prompt, or standard output cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        Some(What::Chat(args)) => return chat::run(args),
        Some(What::Serve(args)) => return serve::run(args),
        Some(What::Worker(args)) => return worker::run(args),
        Some(What::DeadLetters(args)) => return letters::run(args),
        Some(What::Audit(args)) => return audit::run(args),
        None => {}
    }
    let prompts = if args.go_on { vec![None] } else { prompts(args)?.into_iter().map(Some).collect() };
    let runtime = small_runtime()?;
    let mut usage = Vec::new();
    let exit = runtime.block_on(async {
        let agent = args.model.agent(args.session.as_deref()).await?;
        converse(args, &agent, &prompts, &mut usage).await
    })?;
    report(&usage)?;
    Ok(exit)
}

async fn converse(
    args: &Args,
    agent: &Agent,
    prompts: &[Option<String>],
    usage: &mut Vec<Value>,
) -> Result<Exit, Failure> {
    let session = args.session.as_deref();
    let letters = args.dead_letters.open()?;
    let mut conversation = opened(session)?;
    conversation.label(Labels { session: Some(token()?), user: None });
    if args.go_on && conversation.messages().is_empty() {
        return Err(Failure::usage("there is nothing to continue: the session is empty"));
    }
    let mut exit = Exit::Usage;
    for prompt in prompts {
        let mut shown = Shown::new(args.verbose);
        let mut unsaved = Ok(());
        let mut sink = |event: AgentEvent| match event {
            AgentEvent::Checkpoint { messages, .. } => {
                unsaved = save(session, &Conversation::from_messages(messages));
            }
            event => shown.event(&event),
        };
        let answer = match prompt {
            Some(prompt) => agent.run(&mut conversation, prompt, &mut sink).await,
            None => agent.resume(&mut conversation, &mut sink).await,
        };
        shown.end()?;
        unsaved?;
        save(session, &conversation)?;
        let stats = answer.as_ref().map_or_else(|error| &error.partial.stats, |answer| &answer.stats);
        usage.extend(stats.attempts.iter().map(cost));
        exit = match answer {
            Ok(_) => Exit::Pass,
            Err(error) => {
                complain(&said(&error));
                failed(args, letters.as_ref(), prompt.as_deref(), &conversation, &error)?;
                Exit::TestFailed
            }
        };
    }
    Ok(exit)
}

/// What becomes of a prompt without an answer: it is in the session, or among the dead letters.
fn failed(
    args: &Args,
    letters: Option<&DeadLetters>,
    prompt: Option<&str>,
    conversation: &Conversation,
    error: &AgentError,
) -> Result<(), Failure> {
    if error.partial.kept && args.session.is_some() {
        complain("what there is of the answer is kept; --continue asks for the rest");
        return Ok(());
    }
    prompt.map_or(Ok(()), |prompt| keep(letters, args.model.id(), prompt, conversation, error))
}

/// What one attempt cost; `null` where nobody said.
fn cost(attempt: &AttemptRecord) -> Value {
    let usage = &attempt.usage;
    if usage.unreported_calls > 0 {
        return Value::Null;
    }
    json!({
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "cacheReadInputTokens": usage.cache_read_tokens,
        "cacheWriteInputTokens": usage.cache_write_tokens,
    })
}

/// Tells whoever wants to know what the run cost, attempt by attempt.
fn report(usage: &[Value]) -> Result<(), Failure> {
    let Some(path) = variable(&["FAULTLINE_REPORT"]) else { return Ok(()) };
    let text = json!({ "usage": usage }).to_string();
    std::fs::write(&path, text).map_err(|why| Failure::own(format!("{path}: {why}")))
}

fn prompts(args: &Args) -> Result<Vec<String>, Failure> {
    if let Some(prompt) = &args.prompt {
        return Ok(vec![prompt.clone()]);
    }
    let text = variable(&["FAULTLINE_PROMPT"]).map_or_else(typed, Ok)?;
    let prompts = lines(&text);
    if prompts.is_empty() {
        return Err(Failure::usage("nothing to ask: give a prompt, or one a line on standard input"));
    }
    Ok(prompts)
}

fn typed() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|why| Failure::usage(format!("standard input cannot be read: {why}")))?;
    Ok(text)
}

/// A prompt a line; blank lines ask nothing.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_a_line_and_blank_lines_are_none() {
        let check = |text: &str, expected: &[&str]| assert_eq!(lines(text), expected, "{text:?}");
        check("Where is it?", &["Where is it?"]);
        check("Where is it?\n\n  And now? \r\n", &["Where is it?", "And now?"]);
        check(" \n", &[]);
    }
}
