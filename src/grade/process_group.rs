//! A command and everything that it starts: one process group, ended as one.

use crate::exit::Failure;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::time::Duration;
use tokio::process::Child;
use tokio::task::JoinHandle;

/// How long a command may take to end once it was asked to, before it is killed.
const PATIENCE: Duration = Duration::from_secs(2);

/// The group of a running command that is its own leader.
///
/// The leader is not reaped before the group is killed: until then its number cannot become somebody else's.
pub(crate) struct ProcessGroup {
    leader: Pid,
    ended: JoinHandle<()>,
    killed: bool,
}

impl ProcessGroup {
    /// The group of `child`, which was started with a group of its own.
    ///
    /// # Errors
    /// When the child was reaped already.
    pub(crate) fn of(child: &Child) -> Result<Self, Failure> {
        let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let leader = id.ok_or_else(|| Failure::own("a command without a process number"))?;
        Ok(Self { leader, ended: tokio::task::spawn_blocking(move || wait(leader)), killed: false })
    }

    /// Waits for the leader to end.
    pub(crate) async fn ended(&mut self) {
        if !self.ended.is_finished() {
            // It only fails when the runtime ends, and then nobody waits.
            let _ = (&mut self.ended).await;
        }
    }

    /// What Ctrl-C in a terminal does.
    pub(crate) fn interrupt(&self) {
        let _ = kill_process_group(self.leader, Signal::INT);
    }

    /// Asks the group to end, and kills what does not.
    pub(crate) async fn end(&mut self) {
        // A group of nobody is what we want.
        let _ = kill_process_group(self.leader, Signal::TERM);
        if tokio::time::timeout(PATIENCE, self.ended()).await.is_err() {
            self.kill();
            self.ended().await;
        }
    }

    /// Kills whatever is left of it.
    pub(crate) fn kill(&mut self) {
        let _ = kill_process_group(self.leader, Signal::KILL);
        self.killed = true;
    }
}

impl Drop for ProcessGroup {
    /// A run that is given up leaves nothing behind. One that was killed may have been reaped since.
    fn drop(&mut self) {
        if !self.killed {
            self.kill();
        }
    }
}

/// Blocks until the process has ended, and leaves it to be reaped.
fn wait(leader: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(leader), options), Err(Errno::INTR)) {}
}
