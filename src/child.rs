//! Commands that somebody else wrote: made so that their clients find our server, and told how they ended.

use crate::endpoint::{UNSET, variables};
use crate::exit::Failure;
use crate::toolbox::VARIABLES;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitStatus;
use tokio::process::{Child, Command};

/// The command with its environment pointed at `url`. It is killed when its handle is dropped.
///
/// # Errors
/// When there are no words.
pub(crate) fn pointed_at(words: &[OsString], url: &str, ca: Option<&Path>) -> Result<Command, Failure> {
    let (program, arguments) = words.split_first().ok_or_else(|| Failure::usage("no command to run"))?;
    let mut command = Command::new(program);
    command.args(arguments).envs(variables(url, ca)).kill_on_drop(true);
    // Tools that somebody else serves are not ours.
    for name in UNSET.into_iter().chain(VARIABLES) {
        command.env_remove(name);
    }
    Ok(command)
}

/// Starts it.
///
/// # Errors
/// When the system cannot.
pub(crate) fn spawn(mut command: Command) -> Result<Child, Failure> {
    command.spawn().map_err(|why| {
        let program = command.as_std().get_program();
        Failure::usage(format!("the command `{}` cannot be started: {why}", program.display()))
    })
}

/// How a command ended, in words; `None` when it succeeded.
pub(crate) fn failure(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit code {code}")),
        (None, Some(signal)) => Some(format!("signal {signal}")),
        (None, None) => Some("no exit code".to_owned()),
    }
}
