//! The reference agent as a service under many sessions: how soon the first text is there, and how much memory it takes.

use crate::Role;
use crate::load_h1::Connection;
use crate::process::Server;
use crate::stats::Percentiles;
use crate::table::{Goal, Table};
use crate::workload::{PROMPT, Workload};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long the sessions take to come.
const WITHIN: Duration = Duration::from_secs(2);

/// 1,000 sessions over server-sent events at once, a delta a second each.
pub(crate) async fn measure(quick: bool, table: &mut Table) -> Result<()> {
    let (count, workload) = if quick { (10, Workload::Smoke) } else { (1000, Workload::Slow) };
    eprintln!("{count} sessions of the agent");
    let upstream = Server::start(Role::Ours, workload)?;
    let agent = Server::start_before(Role::Agent, &upstream)?;
    let idle = agent.peak_mib()?;
    let mut tasks = JoinSet::new();
    let step = WITHIN / u32::try_from(count)?;
    let begin = Instant::now();
    for number in 0..count {
        let (address, turn) = (agent.address(), begin + step * u32::try_from(number)?);
        tasks.spawn(async move {
            tokio::time::sleep_until(turn).await;
            session(Connection::open_with(address, "/agent/stream", &ask(number)).await?).await
        });
    }
    let mut first = Vec::new();
    while let Some(done) = tasks.join_next().await {
        first.push(done??);
    }
    let first = Percentiles::of(first);
    let name = format!("{count} agent sessions over SSE");
    table.note(format!(
        "{name}: first text p50/p99 {:.1}/{:.1} ms; the agent took {idle:.0} MiB idle",
        first.p50 / 1e3,
        first.p99 / 1e3
    ));
    table.goal(Goal::at_most(format!("{name}: peak memory"), agent.peak_mib()?, 300.0, "MiB"));
    Ok(())
}

fn ask(number: usize) -> String {
    json!({ "prompt": PROMPT, "session": format!("s{number}") }).to_string()
}

/// When the first text came; the answer must come to its end.
async fn session(mut connection: Connection) -> Result<Duration> {
    let (asked, mut first, mut text) = (Instant::now(), None, String::new());
    connection
        .stream_bytes(|bytes| {
            text.push_str(&String::from_utf8_lossy(bytes));
            if first.is_none() && text.contains("event: text_delta") {
                first = Some(asked.elapsed());
            }
        })
        .await?;
    ensure!(text.contains("event: final_response"), "no answer: {text}");
    first.context("no text came")
}
