//! Waits for a command and passes on what asks us to stop.

use crate::exit::Failure;
use rustix::process::{Pid, Signal as Number, getpgid, kill_process};
use rustix::termios::tcgetpgrp;
use std::fs::File;
use std::process::ExitStatus;
use tokio::process::Child;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask us to stop. They are listened for before the command starts: one that came between would end
/// us and leave the command alone.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::own);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Number {
        tokio::select! {
            _ = self.interrupt.recv() => Number::INT,
            _ = self.terminate.recv() => Number::TERM,
            _ = self.hangup.recv() => Number::HUP,
        }
    }
}

/// Waits for the command; signals that ask us to stop are passed on to it.
///
/// # Errors
/// When it cannot be waited for.
pub(crate) async fn supervise(mut child: Child, mut signals: Signals) -> Result<ExitStatus, Failure> {
    loop {
        let number = tokio::select! {
            status = child.wait() => return status.map_err(Failure::own),
            number = signals.next() => number,
        };
        // A command that has just ended cannot be signalled, and need not be.
        let Some(child) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) else { continue };
        if number != Number::INT || !is_in_foreground(child) {
            let _ = kill_process(child, number);
        }
    }
}

/// Whether a terminal sends its Ctrl-C to the command itself: it sends it to each process of its foreground group. A
/// second interrupt from us would make many programs break off their clean end.
///
/// Without a terminal, or in its background, an interrupt was meant for us alone (`kill -INT`) and is passed on. In
/// the foreground the two look the same, so there `kill -INT` reaches only us; `kill -TERM` always reaches the command.
fn is_in_foreground(command: Pid) -> bool {
    let Ok(terminal) = File::open("/dev/tty") else { return false };
    tcgetpgrp(terminal).is_ok_and(|foreground| getpgid(Some(command)) == Ok(foreground))
}
