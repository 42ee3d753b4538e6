//! A run of the agent where it stands: a command that is started, a service that is asked. One run, or two where it is
//! stopped in the middle and goes on later.

use super::arrivals::Arrivals;
use super::ask::Ask;
use super::launch::launch;
use super::service::Service;
use super::stop::Stop;
use crate::exit::Failure;
use faultline_mock_bedrock::MockBedrock;
use faultline_scenarios::interrupt::Interrupt;
use faultline_scenarios::run_end::{RunEnd, RunExit};
use serde_json::Value;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// How long exchanges may take to be over once the agent has ended.
const SETTLE: Duration = Duration::from_secs(3);

/// Where an agent is run: what its runs of one scenario have in common.
pub(crate) enum Ground<'a> {
    /// A command, against the server at a URL whose CA may stand in a file.
    Command { words: &'a [OsString], url: &'a str, ca: Option<&'a Path> },
    /// A service, and the server that it knows.
    Service(&'a Service, &'a MockBedrock),
}

impl Ground<'_> {
    /// One run; or two, where the agent is stopped in the first, and then the second is the one that counts. `None` when we
    /// were asked to stop.
    ///
    /// # Errors
    /// When a command cannot be started.
    pub(super) async fn run(
        &self,
        ask: Ask,
        interrupt: Option<Interrupt>,
        arrivals: &Arrivals,
        stop: &Stop,
    ) -> Result<Option<RunEnd>, Failure> {
        if !interrupt.is_some_and(|interrupt| interrupt.resume) {
            return self.once(&ask, interrupt, arrivals, stop).await;
        }
        let (first, second) = ask.in_two();
        let stopped = match self.once(&first, interrupt, arrivals, stop).await? {
            Some(end) if end.exit != RunExit::TimedOut && end.interrupted.is_some() => end,
            over => return Ok(over),
        };
        Ok(self.once(&second, None, arrivals, stop).await?.map(|end| RunEnd {
            interrupted: stopped.interrupted,
            left_open: stopped.left_open + end.left_open,
            wall: stopped.wall + end.wall,
            // The second run knows nothing of the first one's usage.
            report: Value::Null,
            ..end
        }))
    }

    async fn once(
        &self,
        ask: &Ask,
        interrupt: Option<Interrupt>,
        arrivals: &Arrivals,
        stop: &Stop,
    ) -> Result<Option<RunEnd>, Failure> {
        let interruption = arrivals.due(interrupt);
        match self {
            Self::Command { words, url, ca } => {
                launch(words, ask, url, *ca, interruption, stop.clone()).await
            }
            Self::Service(service, server) => {
                let end = service.ask(ask, interruption, stop.clone()).await;
                settle(server).await;
                let left_open = server.under_way();
                if left_open > 0 {
                    server.cut_off().await;
                }
                Ok(end.map(|end| RunEnd { left_open, ..end }))
            }
        }
    }
}

/// A client that has just left a stream is noticed a moment later: that moment is waited for.
pub(super) async fn settle(server: &MockBedrock) {
    let _ = tokio::time::timeout(SETTLE, server.idle()).await;
}
