//! `faultline agent worker`: takes tasks from a queue and works on them, until it is stopped.

use super::letters::KeepArgs;
use super::made::ModelArgs;
use super::tasks::{QueueArgs, Workers};
use crate::exit::{Exit, Failure};
use crate::output::{Reader, print};
use crate::supervise::Signals;
use serde_json::json;

/// Which queue, and how many at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    queue: QueueArgs,
    /// How many tasks are worked on at once.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    workers: u16,
    #[command(flatten)]
    dead_letters: KeepArgs,
    /// Print one JSON line instead of text.
    #[arg(long)]
    json: bool,
}

/// Works until Ctrl-C or SIGTERM; tasks at hand are then given back.
///
/// # Errors
/// When the environment names no usable endpoint, or the queue cannot be used.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if !args.queue.is_named() {
        return Err(Failure::usage("whose tasks? give --queue FILE or --queue nats://host:port"));
    }
    let address = args.queue.address()?;
    let failed = args.dead_letters.keeper(args.model.id())?;
    crate::serving::runtime()?.block_on(async {
        let agent = args.model.agent(None).await?;
        let mut signals = Signals::listen()?;
        let queue = args.queue.open(&address).await?;
        let workers = Workers::start(&agent, &queue, failed.as_ref(), usize::from(args.workers));
        let said = match args.json {
            true => format!("{}\n", json!({ "queue": address.to_string(), "workers": args.workers })),
            false => format!("works on the tasks of {address}, {} at once\n", args.workers),
        };
        if print(&said)? == Reader::There {
            signals.next().await;
        }
        workers.stop().await;
        Ok(Exit::Pass)
    })
}
