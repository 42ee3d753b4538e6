//! `faultline agent dead-letters`: the prompts that got no answer.

use super::made::ModelArgs;
use super::shown::{Shown, said};
use crate::chance::token;
use crate::exit::{Exit, Failure};
use crate::output::{complain, counted, print};
use crate::serving::small_runtime;
use faultline_agent::serve::OnFailure;
use faultline_agent::{AgentError, Conversation, DeadLetter, DeadLetters};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Where prompts that fail are kept.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct KeepArgs {
    /// Keep prompts that get no answer in this SQLite file, with everything that was said before.
    #[arg(long = "dead-letters", env = "FAULTLINE_DEAD_LETTERS", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl KeepArgs {
    /// The letters, where they are wanted.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn open(&self) -> Result<Option<DeadLetters>, Failure> {
        self.file.as_ref().map(|path| DeadLetters::open(path).map_err(Failure::own)).transpose()
    }

    /// Who keeps prompts that fail while others are served. A letter that cannot be kept is told, and the service goes on.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn keeper(&self, model: &str) -> Result<Option<OnFailure>, Failure> {
        let Some(letters) = self.open()? else { return Ok(None) };
        let model = model.to_owned();
        Ok(Some(Arc::new(move |execution, prompt, before, error| {
            let letter = DeadLetter::new(execution, SystemTime::now(), &model, prompt, before, error);
            if let Err(why) = letters.keep(&letter) {
                complain(&format!("faultline: {why}"));
            }
        })))
    }
}

/// Keeps a prompt that failed, where that is wanted, and says where.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn keep(
    letters: Option<&DeadLetters>,
    model: &str,
    prompt: &str,
    before: &Conversation,
    error: &AgentError,
) -> Result<(), Failure> {
    let Some(letters) = letters else { return Ok(()) };
    let execution = token()?;
    let letter = DeadLetter::new(&execution, SystemTime::now(), model, prompt, before, error);
    letters.keep(&letter).map_err(Failure::own)?;
    complain(&format!("kept as dead letter {execution}"));
    Ok(())
}

/// What to do with letters.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

/// The ways.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// List them.
    List(FileArgs),
    /// Show one: what was asked, what was said before, and why each attempt failed.
    Show(OneArgs),
    /// Ask again; an answered letter is forgotten.
    Replay(Box<ReplayArgs>),
}

#[derive(Debug, clap::Args)]
struct FileArgs {
    /// The file.
    #[arg(long = "dead-letters", env = "FAULTLINE_DEAD_LETTERS", value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
struct OneArgs {
    #[command(flatten)]
    file: FileArgs,
    /// The execution id, or its beginning.
    execution: String,
}

#[derive(Debug, clap::Args)]
struct ReplayArgs {
    #[command(flatten)]
    one: OneArgs,
    #[command(flatten)]
    model: ModelArgs,
}

/// Does it.
///
/// # Errors
/// When there is no such file or letter.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::List(file) => list(&file.open()?),
        What::Show(one) => print(&shown(&one.find()?.1)).map(|_| Exit::Pass).map_err(Failure::from),
        What::Replay(args) => replay(args),
    }
}

impl FileArgs {
    /// Who asks for letters does not want an empty file to be made.
    fn open(&self) -> Result<DeadLetters, Failure> {
        if !self.file.is_file() {
            return Err(Failure::usage(format!("{}: there is no such file", self.file.display())));
        }
        DeadLetters::open(&self.file).map_err(Failure::usage)
    }
}

impl OneArgs {
    fn find(&self) -> Result<(DeadLetters, DeadLetter), Failure> {
        let letters = self.file.open()?;
        let mut fitting = letters.all().map_err(Failure::own)?;
        fitting.retain(|letter| letter.execution.starts_with(&self.execution));
        match fitting.pop() {
            Some(one) if fitting.is_empty() => Ok((letters, one)),
            Some(_) => Err(Failure::usage(format!("several letters begin with {}", self.execution))),
            None => Err(Failure::usage(format!("no letter begins with {}", self.execution))),
        }
    }
}

fn list(letters: &DeadLetters) -> Result<Exit, Failure> {
    let all = letters.all().map_err(Failure::own)?;
    for letter in &all {
        let prompt: String = letter.prompt.chars().take(50).collect();
        print(&format!("{}  {:?}  {}\n", letter.execution, prompt, letter.error))?;
    }
    complain(&counted(all.len(), "dead letter"));
    Ok(Exit::Pass)
}

fn shown(letter: &DeadLetter) -> String {
    let mut text = format!(
        "execution   {}\nfailed at   {} ms since 1970\nmodel       {}\n",
        letter.execution, letter.at_ms, letter.model
    );
    text.extend(letter.request_id.iter().map(|id| format!("request id  {id}\n")));
    text.push_str(&format!("error       {}\n", letter.error));
    text.extend(letter.chain.iter().map(|cause| format!("  {cause}\n")));
    text.push_str("\nwhat was said before:\n");
    text.extend(letter.history.iter().map(|message| format!("  {message}\n")));
    text + &format!("\nprompt:\n{}\n", letter.prompt)
}

fn replay(args: &ReplayArgs) -> Result<Exit, Failure> {
    let (letters, letter) = args.one.find()?;
    let runtime = small_runtime()?;
    let agent = runtime.block_on(args.model.agent(None))?;
    let (mut conversation, mut shown) = (letter.conversation(), Shown::new(true));
    let answer =
        runtime.block_on(agent.run(&mut conversation, &letter.prompt, &mut |event| shown.event(&event)));
    shown.end()?;
    match answer {
        Ok(_) => {
            letters.forget(&letter.execution).map_err(Failure::own)?;
            complain(&format!("answered: dead letter {} is forgotten", letter.execution));
            Ok(Exit::Pass)
        }
        Err(error) => {
            complain(&said(&error));
            Ok(Exit::TestFailed)
        }
    }
}
