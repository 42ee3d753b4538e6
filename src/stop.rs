//! How a command that serves is asked to end: Ctrl-C, or SIGTERM.

use crate::exit::Failure;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Who listens for it.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on: to be called before anybody can know that there is something to stop.
    ///
    /// # Errors
    /// When the system does not let us listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::own);
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits until it is asked.
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
