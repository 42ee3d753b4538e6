//! Commands that somebody else wrote: made so that their clients find our server, and told how they ended.

use crate::endpoint::{UNSET, variables};
use crate::exit::Failure;
use crate::observe;
use crate::toolbox::VARIABLES;
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io;
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
    if let Some(told) = observe::variables() {
        for name in observe::UNSET {
            command.env_remove(name);
        }
        command.envs(told);
    }
    Ok(command)
}

/// Starts it.
///
/// # Errors
/// When the system cannot.
pub(crate) fn spawn(mut command: Command) -> Result<Child, Failure> {
    command.spawn().map_err(|why| unstarted(command.as_std().get_program(), &why))
}

/// Whether the command is wrong, or the system has no room for it: files, processes, memory.
fn unstarted(program: &OsStr, why: &io::Error) -> Failure {
    const SCARCE: [Errno; 4] = [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM];
    let is_scarce = Errno::from_io_error(why).is_some_and(|errno| SCARCE.contains(&errno));
    let said = format!("the command `{}` cannot be started: {why}", program.display());
    if is_scarce { Failure::own(said) } else { Failure::usage(said) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_command_for_which_the_system_has_no_room_is_not_the_users_mistake() {
        let check = |errno: Errno, expected: Exit| match unstarted(OsStr::new("agent"), &errno.into()) {
            Failure::Plain(exit, said) => {
                assert!(said.starts_with("the command `agent` cannot be started: "), "{said}");
                assert_eq!(exit, expected, "{errno:?}");
            }
            other => panic!("{other:?}"),
        };
        check(Errno::NOENT, Exit::Usage);
        check(Errno::ACCESS, Exit::Usage);
        check(Errno::MFILE, Exit::OwnFailure);
        check(Errno::AGAIN, Exit::OwnFailure);
        check(Errno::NOMEM, Exit::OwnFailure);
    }
}
