//! Paced streams: the memory of many, and how late their frames are.

use crate::process::Server;
use crate::stats::Percentiles;
use crate::table::{Goal, Table};
use crate::workload::Workload;
use crate::{Role, load_h1, load_h2};
use anyhow::{Result, ensure};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// When each frame is due and where it ends.
type Due = Arc<Vec<(Duration, usize)>>;

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
    let late = tokio::time::timeout(LIMIT, over_h2(&server, connections, streams, &due)).await??;
    let took = begin.elapsed();
    let report = server.report()?;
    ensure!(report.exchanges == connections * streams, "the journal has {} exchanges", report.exchanges);
    let name = format!("{} paced streams over HTTP/2", connections * streams);
    table.note(format!("{name}: all ended after {:.1} s", took.as_secs_f64()));
    lateness(&name, &report.lateness, &late, table);
    table.goal(Goal::at_most(format!("{name}: peak memory"), server.peak_mib()?, 100.0, "MiB"));
    Ok(())
}

/// How late frames are with 1,000 streams, a frame every 20 ms each.
pub(crate) async fn pacing(quick: bool, table: &mut Table) -> Result<()> {
    let (workload, connections) = if quick { (Workload::Smoke, 20) } else { (Workload::Steady, 1000) };
    let due = Arc::new(workload.due()?);
    for http2 in [false, true] {
        let protocol = if http2 { "HTTP/2" } else { "HTTP/1.1" };
        let name = format!("{connections} streams, paced, {protocol}");
        eprintln!("{name}");
        let mut server = Server::start(Role::Ours, workload)?;
        let late = if http2 {
            tokio::time::timeout(LIMIT, over_h2(&server, 10, connections / 10, &due)).await??
        } else {
            tokio::time::timeout(LIMIT, over_h1(&server, connections, &due)).await??
        };
        let report = server.report()?;
        ensure!(report.exchanges == connections, "the journal has {} exchanges", report.exchanges);
        lateness(&name, &report.lateness, &late, table);
        table.goal(Goal::at_most(format!("{name}: p99 late"), report.lateness.p99 / 1e3, 5.0, "ms"));
    }
    Ok(())
}

fn lateness(name: &str, server: &Percentiles, client: &Percentiles, table: &mut Table) {
    table.note(format!(
        "{name}: late p50/p99 at the server {:.2}/{:.2} ms, at the client (against its own first frame) {:.2}/{:.2} ms",
        server.p50 / 1e3,
        server.p99 / 1e3,
        client.p50 / 1e3,
        client.p99 / 1e3
    ));
}

async fn over_h1(server: &Server, connections: usize, due: &Due) -> Result<Percentiles> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(load_h1::Connection::open(server.address()).await?);
    }
    let mut tasks = JoinSet::new();
    for mut connection in open {
        let mut clock = Clock::new(due);
        tasks.spawn(async move {
            connection.stream(|bytes| clock.arrived(bytes)).await?;
            clock.late()
        });
    }
    collect(tasks).await
}

async fn over_h2(server: &Server, connections: usize, streams: usize, due: &Due) -> Result<Percentiles> {
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let connection = load_h2::Connection::open(server.address()).await?;
        for _ in 0..streams {
            let (mut connection, mut clock) = (connection.clone(), Clock::new(due));
            tasks.spawn(async move {
                connection.stream(|bytes| clock.arrived(bytes)).await?;
                clock.late()
            });
        }
    }
    collect(tasks).await
}

async fn collect(mut tasks: JoinSet<Result<Vec<Duration>>>) -> Result<Percentiles> {
    let mut late = Vec::new();
    while let Some(done) = tasks.join_next().await {
        late.extend(done??);
    }
    Ok(Percentiles::of(late))
}

/// How late the frames of one stream arrive, against its first one.
struct Clock {
    due: Due,
    bytes: usize,
    first: Option<Instant>,
    late: Vec<Duration>,
}

impl Clock {
    fn new(due: &Due) -> Self {
        Self { due: Arc::clone(due), bytes: 0, first: None, late: Vec::with_capacity(due.len()) }
    }

    fn arrived(&mut self, bytes: usize) {
        let now = Instant::now();
        let since = now - *self.first.get_or_insert(now);
        self.bytes += bytes;
        while let Some((at, _)) = self.due.get(self.late.len()).filter(|(_, end)| *end <= self.bytes) {
            self.late.push(since.saturating_sub(*at - self.due[0].0));
        }
    }

    fn late(self) -> Result<Vec<Duration>> {
        ensure!(
            self.late.len() == self.due.len(),
            "{} frames of {} arrived",
            self.late.len(),
            self.due.len()
        );
        Ok(self.late)
    }
}
