//! `faultline agent serve`: the agent over HTTP, on this machine.

use super::letters::KeepArgs;
use super::made::{ModelArgs, toolbox};
use super::tasks::{QueueArgs, Workers};
use crate::chance::token;
use crate::exit::{Exit, Failure};
use crate::output::{Reader, print};
use crate::supervise::Signals;
use faultline_agent::serve::{ServeSettings, router};
use faultline_agent::tools::AskUser;
use faultline_queue::Address;
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What to serve, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The port on this machine; 0 takes a free one. Nobody signs in, so no other machine is let in.
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[command(flatten)]
    queue: QueueArgs,
    /// How many tasks are worked on here at once; 0 leaves them to `faultline agent worker`.
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u16).range(0..=1000))]
    workers: u16,
    #[command(flatten)]
    dead_letters: KeepArgs,
    /// Print one JSON line instead of text.
    #[arg(long)]
    json: bool,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the environment names no usable endpoint, the port is taken, or the queue cannot be used.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let address = args.queue.address()?;
    if address == Address::Memory && args.workers == 0 {
        return Err(Failure::usage("nobody would work on tasks: name a --queue that other workers see"));
    }
    // An id that cannot be drawn is found out now and not at the first prompt.
    token()?;
    let ids = Arc::new(|| token().unwrap_or_default());
    let failed = args.dead_letters.keeper(args.model.id())?;
    let tools = toolbox()?.with(AskUser::default()).map_err(Failure::own)?;
    crate::serving::runtime()?.block_on(async {
        let agent = args.model.agent_with(tools, None).await?;
        let mut signals = Signals::listen()?;
        let queue = args.queue.open(&address).await?;
        let taken = |why| Failure::own(format!("port {}: {why}", args.port));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(taken)?;
        let at = listener.local_addr().map_err(Failure::own)?;
        let workers = Workers::start(&agent, &queue, failed.as_ref(), usize::from(args.workers));
        let settings = ServeSettings { failed, tasks: Some(queue), ..ServeSettings::new(ids) };
        let service = router(agent, settings);
        if print(&said(&format!("http://{at}"), &address, args.json))? == Reader::Gone {
            return Ok(Exit::Pass);
        }
        tokio::select! {
            served = axum::serve(listener, service) => served.map_err(Failure::own)?,
            _ = signals.next() => {}
        }
        workers.stop().await;
        Ok(Exit::Pass)
    })
}

fn said(url: &str, queue: &Address, json: bool) -> String {
    if json {
        return format!("{}\n", json!({ "url": url, "queue": queue.to_string() }));
    }
    let kept = match queue {
        Address::Memory => "in memory: tasks end with this process, --queue FILE keeps them".to_owned(),
        kept => format!("kept in {kept}"),
    };
    let post =
        |path: &str| format!("{url}{path} -H 'content-type: application/json' -d '{{\"prompt\": \"…\"}}'");
    format!(
        "the agent serves at {url}\n  chat page:  {url}/\n  events:     curl -N {}\n  tasks:      curl {} ({kept})\n",
        post("/agent/stream"),
        post("/agent/task"),
    )
}
