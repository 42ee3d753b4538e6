//! Tools that answer later: a job is started, is pending under a ticket, and is polled until it is done.

use std::time::Duration;

use serde_json::{Map, Value};

use super::described::{Described, answered_by_about, with_policy_in_about};
use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy};

/// How many polls in a row may fail; a poll is a read, so one that failed says nothing of the job.
const FAILED_POLLS: u32 = 5;

/// A job that runs elsewhere.
pub trait Job: Send + Sync {
    /// Starts it and gives a ticket for it.
    fn start<'a>(&'a self, input: &'a Map<String, Value>, context: &'a ToolContext) -> TicketFuture<'a>;

    /// Asks how it stands: `None` while it is pending.
    fn poll<'a>(&'a self, ticket: &'a str) -> PollFuture<'a>;
}

/// A job that is being started.
pub type TicketFuture<'a> = std::pin::Pin<Box<dyn Future<Output = Result<String, ToolError>> + Send + 'a>>;

/// A job that is being asked for.
pub type PollFuture<'a> =
    std::pin::Pin<Box<dyn Future<Output = Result<Option<ToolOutput>, ToolError>> + Send + 'a>>;

/// A tool over a [`Job`]. The model waits for it as for any tool; the tool's hard timeout bounds start and polls
/// together. A ticket is not kept across a crash: the ledger then says that the call's outcome is unknown.
pub struct Polled<J> {
    about: Described,
    every: Duration,
    job: J,
}

impl<J: Job> Polled<J> {
    /// A tool that polls its job `every` so often, the first time at once.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        schema: Value,
        every: Duration,
        job: J,
    ) -> Self {
        Self { about: Described::new(name, description, schema), every, job }
    }

    with_policy_in_about!();

    async fn wait(&self, ticket: &str) -> Result<ToolOutput, ToolError> {
        let mut failed = 0;
        loop {
            match self.job.poll(ticket).await {
                Ok(Some(output)) => return Ok(output),
                Ok(None) => failed = 0,
                Err(error) if error.transient && failed < FAILED_POLLS => failed += 1,
                Err(error) => return Err(error),
            }
            tokio::time::sleep(self.every).await;
        }
    }
}

impl<J: Job> Tool for Polled<J> {
    answered_by_about!();

    fn run<'a>(&'a self, input: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let ticket = self.job.start(input, context).await?;
            context.pending(&ticket);
            self.wait(&ticket).await
        })
    }
}

impl<J> std::fmt::Debug for Polled<J> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Polled")
            .field("name", &self.about.name)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
