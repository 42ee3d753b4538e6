//! A child that is our server, as users get it: default options, journal on, validation on.

use crate::process::{Report, commands, say_address};
use crate::stats::Percentiles;
use crate::workload::Workload;
use anyhow::Result;
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::exchange::Exchange;
use std::sync::Arc;
use std::time::Duration;

/// Serves until standard input ends.
pub(crate) async fn run(workload: Workload) -> Result<()> {
    let scripted = Arc::new(Scripted::new(workload.book()?));
    let server = MockBedrock::start(Options::default(), scripted).await?.unverified();
    say_address(server.addr());
    let mut commands = commands();
    while commands.recv().await.is_some() {
        println!("{}", serde_json::to_string(&report(&server.exchanges()))?);
    }
    Ok(())
}

fn report(exchanges: &[Arc<Exchange>]) -> Report {
    let late = exchanges.iter().flat_map(|exchange| lateness(exchange)).collect();
    Report { exchanges: exchanges.len(), lateness: Percentiles::of(late) }
}

/// How late each frame was handed to the connection, against the plan.
fn lateness(exchange: &Exchange) -> impl Iterator<Item = Duration> {
    let planned = exchange.timeline.plan.actions().iter().zip(exchange.timeline.done.times());
    let frames = planned.filter(|(action, _)| !action.bytes().is_empty());
    frames.map(|(action, done)| done.saturating_sub(action.at))
}
