//! One run of a command: started, fed, watched, ended in time.

use super::ask::Ask;
use super::capture::Captured;
use super::process_group::ProcessGroup;
use super::stop::Stop;
use crate::child::{failure, pointed_at, spawn};
use crate::exit::{Exit, Failure};
use faultline_scenarios::run_end::{RunEnd, RunExit};
use serde_json::Value;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin};

/// How long standard output may stay open once the command has ended: a `tee` behind it needs a moment.
const LINGER: Duration = Duration::from_secs(1);

/// How much of its time a command may take to end once it was interrupted: a third of it.
const INTERRUPTED: u32 = 3;

/// The longest report that is read.
const REPORT: u64 = 1024 * 1024;

/// Runs `command` against the server at `url`, and interrupts it once `interruption` is over; `None` when we were asked to
/// stop.
///
/// # Errors
/// When it cannot be started.
pub(crate) async fn launch(
    command: &[OsString],
    ask: &Ask,
    url: &str,
    ca: Option<&Path>,
    interruption: impl Future<Output = ()>,
    stop: Stop,
) -> Result<Option<RunEnd>, Failure> {
    let mut prepared = pointed_at(&ask.words(command), url, ca)?;
    prepared.envs(ask.variables()).process_group(0);
    prepared.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = spawn(prepared).map_err(with_advice)?;
    let mut group = ProcessGroup::of(&child)?;
    let output = Output::of(&mut child);
    feed(child.stdin.take(), ask.stdin());
    let Some((in_time, interrupted)) = watched(&mut group, ask.limit, interruption, stop).await else {
        group.end().await;
        return Ok(None);
    };
    let wall = started.elapsed();
    if !in_time {
        group.end().await;
    }
    let (stdout, stderr) = output.end(&mut group).await;
    let status = child.wait().await.map_err(Failure::own)?;
    let exit = match failure(status) {
        _ if !in_time => RunExit::TimedOut,
        None => RunExit::Success,
        Some(how) => RunExit::Failure(how),
    };
    let report = report(ask.report.as_deref());
    Ok(Some(RunEnd { exit, stdout, stderr, wall, report, interrupted, left_open: 0 }))
}

/// Waits for the end of a command: whether it came in time, and when the command was interrupted. `None` when we were
/// asked to stop.
async fn watched(
    group: &mut ProcessGroup,
    limit: Duration,
    interruption: impl Future<Output = ()>,
    mut stop: Stop,
) -> Option<(bool, Option<Duration>)> {
    let started = Instant::now();
    tokio::select! {
        () = group.ended() => return Some((true, None)),
        () = tokio::time::sleep(limit) => return Some((false, None)),
        () = stop.asked() => return None,
        () = interruption => group.interrupt(),
    }
    let interrupted = started.elapsed();
    let left = limit.saturating_sub(interrupted).min(limit / INTERRUPTED);
    tokio::select! {
        () = group.ended() => Some((true, Some(interrupted))),
        () = tokio::time::sleep(left) => Some((false, Some(interrupted))),
        () = stop.asked() => None,
    }
}

/// A system that has no room for one more may have some when fewer run at once.
pub(super) fn with_advice(failure: Failure) -> Failure {
    match failure {
        Failure::Plain(Exit::OwnFailure, why) => Failure::own(format!("{why} (--jobs 1 runs fewer at once)")),
        other => other,
    }
}

/// Writes standard input and closes it. A command that does not read it is free not to.
fn feed(stdin: Option<ChildStdin>, text: String) {
    if let Some(mut stdin) = stdin {
        tokio::spawn(async move {
            let _ = stdin.write_all(text.as_bytes()).await;
        });
    }
}

/// Both outputs while they are read.
struct Output {
    stdout: Captured,
    stderr: Captured,
    reading: tokio::task::JoinHandle<()>,
}

impl Output {
    fn of(child: &mut Child) -> Self {
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (to_out, to_err) = (stdout.clone(), stderr.clone());
        let reading = tokio::spawn(async move {
            let out = async move {
                if let Some(out) = out {
                    to_out.read(out).await;
                }
            };
            let err = async move {
                if let Some(err) = err {
                    to_err.read(err).await;
                }
            };
            tokio::join!(out, err);
        });
        Self { stdout, stderr, reading }
    }

    /// What was printed, once the leader has ended. What the command left behind may finish its sentence, then it is
    /// killed; what has left the group and still holds the pipe is not waited for.
    async fn end(mut self, group: &mut ProcessGroup) -> (String, String) {
        let late = tokio::time::timeout(LINGER, &mut self.reading).await.is_err();
        group.kill();
        if late && tokio::time::timeout(LINGER, &mut self.reading).await.is_err() {
            self.reading.abort();
        }
        (self.stdout.text(), self.stderr.text())
    }
}

/// What the agent wrote about itself, if it is JSON.
fn report(path: Option<&Path>) -> Value {
    let read = |path: &Path| {
        let mut text = String::new();
        std::fs::File::open(path).ok()?.take(REPORT).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    };
    path.and_then(read).unwrap_or(Value::Null)
}
