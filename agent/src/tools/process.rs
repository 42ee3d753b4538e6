//! A running subprocess: started within its walls, fed, read, and killed as a group. It knows no model.

use std::io;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::sandbox::{Sandbox, enforced};

/// How many bytes of the standard error are kept.
const STDERR: u64 = 4096;

/// What to start.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) command: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) folder: Option<std::path::PathBuf>,
    pub(super) sandbox: Sandbox,
}

/// What a subprocess left.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// It wrote more than it may, and was killed.
    pub(super) too_much: bool,
}

/// A subprocess and its group. Dropping it kills the group.
pub(super) struct Process {
    child: Child,
    group: Group,
}

/// Kills what is left of a process group.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // A group of nobody is what we want.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// Starts a subprocess, on a thread of its own: a restriction of files is one of the thread, and stays.
pub(super) async fn start(order: Order) -> Result<Process, String> {
    let (runtime, (answer, started)) = (Handle::current(), oneshot::channel());
    let start = move || {
        let _runtime = runtime.enter();
        // A run that was dropped meanwhile drops the process, and so kills it.
        let _ = answer.send(start_here(&order));
    };
    std::thread::Builder::new().spawn(start).map_err(|error| error.to_string())?;
    started.await.map_err(|_| "the thread that starts it is gone".to_owned())?
}

fn start_here(order: &Order) -> Result<Process, String> {
    let machine = enforced();
    let not_there = |wall| format!("this machine cannot give it {wall}");
    let mut words = order.sandbox.prefix(machine).map_err(not_there)?;
    let namespaces = !order.sandbox.network && machine.network;
    words.extend(order.command.iter().cloned());
    let Some((program, arguments)) = words.split_first() else { return Err("it has no command".to_owned()) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(order.environment.iter().cloned());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(folder) = &order.folder {
        command.current_dir(folder);
    }
    if let Some(files) = order.sandbox.files.as_ref().filter(|_| machine.files) {
        files.restrict_this_thread(namespaces)?;
    }
    let child = command.spawn().map_err(|error| error.to_string())?;
    let leader = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    Ok(Process { child, group: Group(leader) })
}

/// A subprocess that lives until this is dropped.
pub(super) struct Kept {
    _child: Child,
    _group: Group,
}

impl Process {
    /// Its standard output and input, and what keeps it alive. Its standard error is read and dropped.
    pub(super) fn into_streams(mut self) -> Option<(ChildStdout, ChildStdin, Kept)> {
        let (stdout, stdin, stderr) =
            (self.child.stdout.take()?, self.child.stdin.take()?, self.child.stderr.take());
        tokio::spawn(read_start(stderr));
        Some((stdout, stdin, Kept { _child: self.child, _group: self.group }))
    }

    /// Gives it `input`, reads what it says line by line, and waits for its end.
    pub(super) async fn talk(
        mut self,
        input: &[u8],
        most: usize,
        on_line: impl FnMut(&[u8]),
    ) -> io::Result<Ended> {
        let (stdin, stdout, stderr) =
            (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A program that does not read its input may close it.
                let _ = stdin.write_all(input).await;
            }
        };
        let said = async { read_lines(stdout, most, on_line).await };
        let complained = async { read_start(stderr).await };
        let ((), complaint, read) = tokio::join!(feed, complained, async {
            let read = said.await;
            if read.as_ref().is_ok_and(|(_, too_much)| *too_much) {
                drop(Group(self.group.0));
            }
            read
        });
        let (stdout, too_much) = read?;
        let status = self.child.wait().await?;
        Ok(Ended { status, stdout, stderr: complaint?, too_much })
    }
}

/// Reads to the end, or until there is more than `most`.
async fn read_lines(
    from: Option<impl AsyncRead + Unpin>,
    most: usize,
    mut on_line: impl FnMut(&[u8]),
) -> io::Result<(Vec<u8>, bool)> {
    let (mut all, Some(from)) = (Vec::new(), from) else { return Ok((Vec::new(), false)) };
    let mut lines = BufReader::new(from.take(most as u64 + 1));
    loop {
        let before = all.len();
        if lines.read_until(b'\n', &mut all).await? == 0 {
            return Ok((all, false));
        }
        if all.len() > most {
            all.truncate(most);
            return Ok((all, true));
        }
        on_line(&all[before..]);
    }
}

/// Reads to the end and keeps the beginning: a program must not hang because nobody reads its complaints.
async fn read_start(from: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let (mut start, Some(mut from)) = (Vec::new(), from) else { return Ok(Vec::new()) };
    (&mut from).take(STDERR).read_to_end(&mut start).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(start)
}
