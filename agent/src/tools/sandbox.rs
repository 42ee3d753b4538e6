//! What keeps a subprocess in: which walls are asked for, and which this machine has. It starts no tool.

use std::fmt;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::file_access::FileAccess;
use super::process_limits::ProcessLimits;

/// The program that makes namespaces, and how: a user namespace with the same user, a network without interfaces, and
/// processes that end with their first, also those that left the group.
const UNSHARE: [&str; 8] =
    ["/usr/bin/unshare", "--user", "--map-current-user", "--net", "--pid", "--fork", "--kill-child", "--"];

/// The shell that sets limits.
const SHELL: &str = "/bin/sh";

/// What keeps a subprocess in. The default: limits, no network, files as the user has them, and nothing runs where the
/// machine cannot enforce that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// Resource limits.
    pub limits: ProcessLimits,
    /// Whether it may use the network.
    pub network: bool,
    /// Which files it may touch; `None`: those of the user.
    pub files: Option<FileAccess>,
    /// Whether it runs also where the machine cannot enforce what is asked for here. See [`enforced`].
    pub best_effort: bool,
}

/// What this machine enforces for subprocesses, where it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enforced {
    /// `ulimit` knows CPU time, memory, file size and open files.
    pub limits: bool,
    /// `unshare` may make a network without interfaces, and a process namespace that ends as one.
    pub network: bool,
    /// The kernel has Landlock.
    pub files: bool,
}

/// Finds out what this machine enforces, by trying. Blocks for some milliseconds, the first time.
///
/// Never enforced: a limit of memory over several processes (each has its own), system calls (there is no seccomp
/// filter), the sight of other processes in `/proc`, Unix sockets in files that may be read.
pub fn enforced() -> Enforced {
    static FOUND: OnceLock<Enforced> = OnceLock::new();
    *FOUND.get_or_init(|| Enforced {
        limits: succeeds(&[SHELL, "-c", &ProcessLimits::default().script(), "sh", "true"]),
        network: succeeds(&[&UNSHARE[..], &["/bin/true"]].concat()),
        files: landlock_is_there(),
    })
}

/// On a thread of its own, because a restriction stays.
fn landlock_is_there() -> bool {
    let restricted = std::thread::spawn(|| FileAccess::default().restrict_this_thread(false).is_ok());
    restricted.join().unwrap_or(false)
}

fn succeeds(command: &[&str]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let quiet = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

impl Sandbox {
    /// What goes before a command so that it runs within these walls, with what the machine has.
    ///
    /// # Errors
    /// The first wall that is asked for and not there, unless `best_effort`.
    pub(super) fn prefix(&self, machine: Enforced) -> Result<Vec<String>, &'static str> {
        let walls = [
            (true, machine.limits, "resource limits"),
            (!self.network, machine.network, "a network without interfaces"),
            (self.files.is_some(), machine.files, "restricted files"),
        ];
        let missing = walls.iter().find(|(wanted, there, _)| *wanted && !there);
        if let Some((.., wall)) = missing.filter(|_| !self.best_effort) {
            return Err(wall);
        }
        let script = self.limits.script();
        let namespaces = if self.network || !machine.network { &[][..] } else { &UNSHARE[..] };
        let shell = if machine.limits { &[SHELL, "-c", &script, "sh"][..] } else { &[][..] };
        Ok(namespaces.iter().chain(shell).map(|part| (*part).to_owned()).collect())
    }
}

impl fmt::Display for Enforced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |there| if there { "enforced" } else { "NOT enforced on this machine" };
        writeln!(f, "time: enforced (the process group is killed)")?;
        writeln!(f, "CPU, memory, file size, open files: {}", word(self.limits))?;
        writeln!(f, "no network, no process that outlives the tool: {}", word(self.network))?;
        write!(f, "restricted files: {}", word(self.files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Enforced = Enforced { limits: true, network: true, files: true };

    #[test]
    fn a_wall_that_is_not_there_is_an_error_unless_it_need_not_be() {
        let files = Sandbox { files: Some(FileAccess::default()), ..Sandbox::default() };
        let free = Sandbox { network: true, ..Sandbox::default() };
        let loose = Sandbox { best_effort: true, ..files.clone() };
        let without = |edit: fn(&mut Enforced)| {
            let mut machine = ALL;
            edit(&mut machine);
            machine
        };
        let no_limits = without(|it| it.limits = false);
        let no_network = without(|it| it.network = false);
        let no_files = without(|it| it.files = false);
        assert_eq!(files.prefix(no_files), Err("restricted files"));
        assert_eq!(files.prefix(no_network), Err("a network without interfaces"));
        assert_eq!(free.prefix(no_limits), Err("resource limits"));
        assert_eq!(free.prefix(without(|it| (it.network, it.files) = (false, false))).unwrap()[0], "/bin/sh");
        assert_eq!(loose.prefix(without(|it| (it.network, it.limits) = (false, false))), Ok(Vec::new()));
        assert_eq!(Sandbox::default().prefix(no_files).unwrap()[0], "/usr/bin/unshare");
    }

    #[test]
    fn what_is_enforced_is_said_in_words() {
        let text = Enforced { network: false, ..ALL }.to_string();
        assert!(text.contains("no network, no process that outlives the tool: NOT enforced"), "{text}");
        assert!(text.contains("restricted files: enforced"), "{text}");
    }
}
