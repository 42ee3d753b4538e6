//! `faultline agent serve`: the agent over HTTP, on this machine.

use super::letters::KeepArgs;
use super::made::ModelArgs;
use crate::chance::token;
use crate::exit::{Exit, Failure};
use crate::output::{Reader, complain, print};
use crate::supervise::Signals;
use faultline_agent::DeadLetter;
use faultline_agent::serve::{OnFailure, ServeSettings, router};
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::SystemTime;
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
    dead_letters: KeepArgs,
    /// Print one JSON line instead of text.
    #[arg(long)]
    json: bool,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the environment names no usable endpoint, or the port is taken.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    // An id that cannot be drawn is found out now and not at the first prompt.
    token()?;
    let ids = Arc::new(|| token().unwrap_or_default());
    let settings = ServeSettings { failed: keeper(args)?, ..ServeSettings::new(ids) };
    crate::serving::runtime()?.block_on(async {
        let service = router(args.model.agent(None).await?, settings);
        let mut signals = Signals::listen()?;
        let taken = |why| Failure::own(format!("port {}: {why}", args.port));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(taken)?;
        let address = listener.local_addr().map_err(Failure::own)?;
        if print(&said(&format!("http://{address}"), args.json))? == Reader::Gone {
            return Ok(Exit::Pass);
        }
        tokio::select! {
            served = axum::serve(listener, service) => served.map_err(Failure::own)?,
            _ = signals.next() => {}
        }
        Ok(Exit::Pass)
    })
}

/// Who keeps prompts that fail. A letter that cannot be kept is told, and the service goes on.
fn keeper(args: &Args) -> Result<Option<OnFailure>, Failure> {
    let Some(letters) = args.dead_letters.open()? else { return Ok(None) };
    let model = args.model.id().to_owned();
    Ok(Some(Arc::new(move |execution, prompt, before, error| {
        let letter = DeadLetter::new(execution, SystemTime::now(), &model, prompt, before, error);
        if let Err(why) = letters.keep(&letter) {
            complain(&format!("faultline: {why}"));
        }
    })))
}

fn said(url: &str, json: bool) -> String {
    if json {
        return format!("{}\n", json!({ "url": url }));
    }
    format!(
        "the agent serves at {url}\n  chat page:  {url}/\n  events:     curl -N {url}/agent/stream -H 'content-type: application/json' -d '{{\"prompt\": \"…\"}}'\n"
    )
}
