//! The queue of tasks as flags say, and the workers that take from it.

use crate::exit::Failure;
use crate::output::complain;
use crate::values::span;
use faultline_agent::Agent;
use faultline_agent::serve::{OnFailure, WorkSettings, work};
use faultline_queue::{Address, Queue, Settings};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// So long workers may take to give back what they have.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where tasks wait, and how they are given out.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct QueueArgs {
    /// Where tasks wait: an SQLite file, or a NATS server with JetStream (`nats://[user:password@]host[:port][/PREFIX]`).
    #[arg(long, env = "FAULTLINE_QUEUE", hide_env_values = true, value_name = "FILE|URL")]
    queue: Option<String>,
    /// After so long without a sign of its worker a task is given to another one. The same for all who share a queue.
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "30s")]
    lease: Duration,
    /// So many workers are given a task that none of them finishes; then it has failed.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    deliveries: u32,
}

impl QueueArgs {
    /// Whether there is an address.
    pub(crate) fn is_named(&self) -> bool {
        self.queue.is_some()
    }

    /// Where it is; in this process, unless it is named.
    ///
    /// # Errors
    /// When the address is none.
    pub(crate) fn address(&self) -> Result<Address, Failure> {
        self.queue.as_deref().map_or(Ok(Address::Memory), |text| text.parse().map_err(Failure::usage))
    }

    /// The queue there.
    ///
    /// # Errors
    /// When nobody answers there, or the file cannot be used.
    pub(crate) async fn open(&self, address: &Address) -> Result<Queue, Failure> {
        let settings = Settings { lease: self.lease, deliveries: self.deliveries, ..Settings::default() };
        Queue::open(address, settings).await.map_err(Failure::own)
    }
}

/// Workers at work.
pub(crate) struct Workers {
    at_work: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Workers {
    /// Starts so many.
    pub(crate) fn start(agent: &Agent, queue: &Queue, failed: Option<&OnFailure>, count: usize) -> Self {
        let trouble = Arc::new(|why: &str| complain(&format!("faultline: {why}")));
        let settings = WorkSettings { failed: failed.cloned(), trouble, ..WorkSettings::default() };
        let (stop, told) = watch::channel(false);
        let mut at_work = JoinSet::new();
        for _ in 0..count {
            at_work.spawn(work(agent.clone(), queue.clone(), settings.clone(), told.clone()));
        }
        Self { at_work, stop }
    }

    /// Stops them; each gives back what it has. What is not given back in time comes to another worker when its lease ends.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.at_work.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(FAREWELL, all).await;
    }
}
