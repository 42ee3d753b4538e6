//! Does the recorder's memory stay flat: over one stream of a million frames, and over a million exchanges?

use crate::Role;
use crate::load_h1::Connection;
use crate::middle::path;
use crate::process::Server;
use crate::table::{Goal, Table};
use crate::workload::Workload;
use anyhow::Result;
use tokio::task::JoinSet;

/// Connections that ask side by side.
const SIDES: usize = 16;

/// The peak after a tenth, and after all of it.
pub(crate) async fn measure(quick: bool, table: &mut Table) -> Result<()> {
    let (frames, exchanges) = if quick { (2_000, 200) } else { (1_000_000, 1_000_000) };
    let upstream = Server::start(Role::Stamped, Workload::Burst)?;
    {
        eprintln!("a stream of {frames} frames");
        let recorder = Server::start_before(Role::Recorder, &upstream)?;
        one(&recorder, frames / 10).await?;
        let tenth = recorder.peak_mib()?;
        one(&recorder, frames).await?;
        grown(&format!("a stream of {frames} frames"), tenth, recorder.peak_mib()?, table);
    }
    eprintln!("{exchanges} exchanges");
    let recorder = Server::start_before(Role::Recorder, &upstream)?;
    many(&recorder, exchanges / 10).await?;
    let tenth = recorder.peak_mib()?;
    many(&recorder, exchanges - exchanges / 10).await?;
    grown(&format!("{exchanges} exchanges"), tenth, recorder.peak_mib()?, table);
    Ok(())
}

fn grown(what: &str, tenth: f64, whole: f64, table: &mut Table) {
    table.note(format!("recorder, {what}: peak {tenth:.1} MiB after a tenth, {whole:.1} MiB after all"));
    table.goal(Goal::at_most(format!("recorder, {what}: growth after a tenth"), whole - tenth, 16.0, "MiB"));
}

async fn one(recorder: &Server, frames: usize) -> Result<()> {
    Connection::open_to(recorder.address(), &path(frames, 0)).await?.stream(|_| ()).await
}

async fn many(recorder: &Server, exchanges: usize) -> Result<()> {
    let mut tasks = JoinSet::new();
    for _ in 0..SIDES {
        let mut connection = Connection::open_to(recorder.address(), &path(3, 0)).await?;
        tasks.spawn(async move {
            for _ in 0..exchanges / SIDES {
                connection.stream(|_| ()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}
