//! Paced streams: the memory of many, and how late their frames are.

use crate::process::Server;
use crate::stats::Percentiles;
use crate::table::{Goal, Table};
use crate::workload::Workload;
use crate::{Role, load_h1, load_h2};
use anyhow::{Result, ensure};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// When each frame is due and where it ends.
type Due = Arc<Vec<(Duration, usize)>>;

/// How long it takes to start many streams one after another.
const START: Duration = Duration::from_millis(400);

/// How long a measurement may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// Peak memory of the server with 10,000 streams open over HTTP/2, a frame a second each.
pub(crate) async fn memory(quick: bool, table: &mut Table) -> Result<()> {
    let (connections, streams) = if quick { (5, 20) } else { (100, 100) };
    let workload = if quick { Workload::Smoke } else { Workload::Slow };
    eprintln!("{connections} x {streams} paced streams over HTTP/2");
    let mut server = Server::start(Role::Ours, workload)?;
    let due = Arc::new(workload.due()?);
    let begin = Instant::now();
    let late =
        tokio::time::timeout(LIMIT, over_h2(&server, connections, streams, Duration::ZERO, &due)).await??;
    let took = begin.elapsed();
    let report = server.report()?;
    ensure!(report.exchanges == connections * streams, "the journal has {} exchanges", report.exchanges);
    let name = format!("{} paced streams over HTTP/2", connections * streams);
    table.note(format!("{name}: all ended after {:.1} s", took.as_secs_f64()));
    lateness(&name, &report.lateness, &late, table);
    table.goal(Goal::at_most(format!("{name}: peak memory"), server.peak_mib()?, 100.0, "MiB"));
    Ok(())
}

/// How late frames are with 1,000 streams, a frame every 20 ms each: started all at once, which is a load of
/// its own, and one after another.
pub(crate) async fn pacing(quick: bool, table: &mut Table) -> Result<()> {
    for http2 in [false, true] {
        for within in [Duration::ZERO, START] {
            let protocol = if http2 { "HTTP/2" } else { "HTTP/1.1" };
            let (count, late) = paced(quick, http2, within).await?;
            let name = format!("{count} paced {protocol}, begun within {} ms", within.as_millis());
            lateness(&name, &late.server, &late.client, table);
            table.goal(Goal::at_most(format!("{name}: p99 late"), late.server.p99 / 1e3, 5.0, "ms"));
        }
    }
    Ok(())
}

/// How exactly recorded gaps come again: 100 streams of a cassette at once, over HTTP/1.1, each gap against the recorded
/// one, at the client.
pub(crate) async fn replay(quick: bool, table: &mut Table) -> Result<()> {
    let count = if quick { 5 } else { 100 };
    eprintln!("{count} replayed streams");
    let due = Arc::new(Workload::Recorded.due()?);
    let server = Server::start(Role::Ours, Workload::Recorded)?;
    let mut open = Vec::new();
    for _ in 0..count {
        open.push(load_h1::Connection::open(server.address()).await?);
    }
    let mut tasks = JoinSet::new();
    for mut connection in open {
        let due = Arc::clone(&due);
        tasks.spawn(async move {
            let mut clock = Clock::new(due);
            connection.stream(|bytes| clock.arrived(bytes)).await?;
            Ok((clock.gap_errors()?, connection))
        });
    }
    let errors = collect(tasks).await?;
    let name = format!("{count} replayed streams, gap against the recorded one");
    table.goal(Goal::at_most(format!("{name}: p50"), errors.p50 / 1e3, 2.0, "ms"));
    table.goal(Goal::at_most(format!("{name}: p99"), errors.p99 / 1e3, 5.0, "ms"));
    Ok(())
}

/// How late frames left and arrived.
struct Late {
    server: Percentiles,
    client: Percentiles,
}

async fn paced(quick: bool, http2: bool, within: Duration) -> Result<(usize, Late)> {
    let (workload, count) = if quick { (Workload::Smoke, 20) } else { (Workload::Steady, 1000) };
    eprintln!("{count} paced streams, HTTP/{}, within {within:?}", if http2 { 2 } else { 1 });
    let due = Arc::new(workload.due()?);
    let mut server = Server::start(Role::Ours, workload)?;
    let client = if http2 {
        tokio::time::timeout(LIMIT, over_h2(&server, 10, count / 10, within, &due)).await??
    } else {
        tokio::time::timeout(LIMIT, over_h1(&server, count, within, &due)).await??
    };
    let report = server.report()?;
    ensure!(report.exchanges == count, "the journal has {} exchanges", report.exchanges);
    Ok((count, Late { server: report.lateness, client }))
}

fn lateness(name: &str, server: &Percentiles, client: &Percentiles, table: &mut Table) {
    table.note(format!(
        "{name}: late p50/p99 at the server {:.2}/{:.2} ms, at the client (against its timeliest frame) {:.2}/{:.2} ms",
        server.p50 / 1e3,
        server.p99 / 1e3,
        client.p50 / 1e3,
        client.p99 / 1e3
    ));
}

async fn over_h1(server: &Server, connections: usize, within: Duration, due: &Due) -> Result<Percentiles> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(load_h1::Connection::open(server.address()).await?);
    }
    let (mut tasks, mut turns) = (JoinSet::new(), Turns::new(connections, within));
    for mut connection in open {
        let (due, turn) = (Arc::clone(due), turns.next());
        tasks.spawn(async move {
            tokio::time::sleep_until(turn).await;
            let mut clock = Clock::new(due);
            connection.stream(|bytes| clock.arrived(bytes)).await?;
            Ok((clock.late()?, connection))
        });
    }
    collect(tasks).await
}

async fn over_h2(
    server: &Server,
    connections: usize,
    streams: usize,
    within: Duration,
    due: &Due,
) -> Result<Percentiles> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(load_h2::Connection::open(server.address()).await?);
    }
    let (mut tasks, mut turns) = (JoinSet::new(), Turns::new(connections * streams, within));
    for connection in open.iter().cycle().take(connections * streams) {
        let (mut connection, due, turn) = (connection.clone(), Arc::clone(due), turns.next());
        tasks.spawn(async move {
            tokio::time::sleep_until(turn).await;
            let mut clock = Clock::new(due);
            connection.stream(|bytes| clock.arrived(bytes)).await?;
            Ok((clock.late()?, connection))
        });
    }
    collect(tasks).await
}

/// Connections stay open until all streams are over: closing them is no part of the measurement.
async fn collect<C: 'static>(mut tasks: JoinSet<Result<(Vec<Duration>, C)>>) -> Result<Percentiles> {
    let (mut late, mut open) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (delays, connection) = done??;
        late.extend(delays);
        open.push(connection);
    }
    Ok(Percentiles::of(late))
}

/// When streams start: spread evenly.
struct Turns {
    next: Instant,
    step: Duration,
}

impl Turns {
    fn new(count: usize, within: Duration) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        Self { next: Instant::now(), step: within / count }
    }

    fn next(&mut self) -> Instant {
        self.next += self.step;
        self.next
    }
}

/// How late the frames of one stream arrive, against the timeliest one: when the server understood the request
/// is not known here.
struct Clock {
    due: Due,
    begin: Instant,
    bytes: usize,
    delays: Vec<Duration>,
}

impl Clock {
    fn new(due: Due) -> Self {
        let delays = Vec::with_capacity(due.len());
        Self { due, begin: Instant::now(), bytes: 0, delays }
    }

    fn arrived(&mut self, bytes: usize) {
        let since = self.begin.elapsed();
        self.bytes += bytes;
        while let Some((at, _)) = self.due.get(self.delays.len()).filter(|(_, end)| *end <= self.bytes) {
            self.delays.push(since.saturating_sub(*at));
        }
    }

    /// By how much each gap was longer or shorter than planned.
    fn gap_errors(self) -> Result<Vec<Duration>> {
        let (count, all) = (self.delays.len(), self.due.len());
        ensure!(count == all, "{count} frames of {all} arrived");
        Ok(self.delays.windows(2).map(|pair| pair[0].abs_diff(pair[1])).collect())
    }

    fn late(self) -> Result<Vec<Duration>> {
        let (count, all) = (self.delays.len(), self.due.len());
        ensure!(count == all, "{count} frames of {all} arrived");
        let least = self.delays.iter().min().copied().unwrap_or_default();
        Ok(self.delays.into_iter().map(|delay| delay - least).collect())
    }
}
