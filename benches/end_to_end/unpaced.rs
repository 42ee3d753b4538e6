//! Streams as fast as they go: ours and raw in turns, at three kinds of load.

use crate::process::Server;
use crate::sample::Sample;
use crate::stats::{Percentiles, median};
use crate::table::{Goal, Table};
use crate::workload::Workload;
use crate::{Role, load_h1, load_h2};
use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A kind of load.
#[derive(Clone, Copy, Debug)]
struct Load {
    name: &'static str,
    http2: bool,
    connections: usize,
    streams: usize,
}

const LOADS: [Load; 3] = [
    Load { name: "HTTP/1.1, 1 connection", http2: false, connections: 1, streams: 1 },
    Load { name: "HTTP/1.1, 64 connections", http2: false, connections: 64, streams: 1 },
    Load { name: "HTTP/2, 8 x 64 streams", http2: true, connections: 8, streams: 64 },
];

/// Measures every load in `rounds` alternating rounds.
pub(crate) async fn measure(rounds: usize, quick: bool, table: &mut Table) -> Result<()> {
    let length = Duration::from_millis(if quick { 150 } else { 1000 });
    for load in LOADS {
        let (mut ours, mut raw) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            eprintln!("{}: round {round} of {rounds}", load.name);
            ours.push(sample(Role::Ours, load, length).await?);
            raw.push(sample(Role::Raw, load, length).await?);
        }
        judge(load, &ours, &raw, table);
    }
    Ok(())
}

fn judge(load: Load, ours: &[Sample], raw: &[Sample], table: &mut Table) {
    // Neighbouring samples are compared, so that drift cancels.
    let ratio = |of: fn(&Sample) -> f64| median(ours.iter().zip(raw).map(|(ours, raw)| of(ours) / of(raw)));
    table.row(load.name, "ours", middle(ours));
    table.row(load.name, "raw", middle(raw));
    let speed = ratio(|sample| sample.streams_per_second);
    let cpu = 1.0 / ratio(|sample| sample.cpu_per_10k);
    table.goal(Goal::at_least(format!("{}: streams/s of raw", load.name), speed, 0.5, "x"));
    table.goal(Goal::at_least(format!("{}: CPU, raw / ours", load.name), cpu, 0.5, "x"));
    if load.connections == 1 {
        table.goal(Goal::below(format!("{}: p50", load.name), middle(ours).latency_us.p50, 150.0, "us"));
    }
}

fn middle(samples: &[Sample]) -> Sample {
    let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
    Sample {
        streams_per_second: of(|sample| sample.streams_per_second),
        cpu_per_10k: of(|sample| sample.cpu_per_10k),
        latency_us: Percentiles {
            p50: of(|sample| sample.latency_us.p50),
            p99: of(|sample| sample.latency_us.p99),
        },
        peak_mib: of(|sample| sample.peak_mib),
    }
}

/// A fresh server each time: its memory is this load's alone.
async fn sample(role: Role, load: Load, length: Duration) -> Result<Sample> {
    let server = Server::start(role, Workload::Burst)?;
    run(server.address(), load, length / 4).await?;
    let (cpu, start) = (server.cpu()?, Instant::now());
    let latencies = run(server.address(), load, length).await?;
    let (elapsed, cpu) = (start.elapsed().as_secs_f64(), server.cpu()? - cpu);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 streams")]
    let count = latencies.len() as f64;
    ensure!(count > 0.0, "no stream came to its end");
    Ok(Sample {
        streams_per_second: count / elapsed,
        cpu_per_10k: cpu / count * 1e4,
        latency_us: Percentiles::of(latencies),
        peak_mib: server.peak_mib()?,
    })
}

/// Loads the server for so long; gives the time that each stream took.
async fn run(address: SocketAddr, load: Load, length: Duration) -> Result<Vec<Duration>> {
    let expected = Workload::Burst.plan()?.body_len();
    let mut tasks = JoinSet::new();
    for _ in 0..load.connections {
        if load.http2 {
            let connection = load_h2::Connection::open(address).await?;
            for _ in 0..load.streams {
                tasks.spawn(streams_h2(connection.clone(), length, expected));
            }
        } else {
            tasks.spawn(streams_h1(load_h1::Connection::open(address).await?, length, expected));
        }
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    Ok(latencies)
}

/// One stream after another until the time is over. A macro: the clients share no trait, and need none.
macro_rules! one_after_another {
    ($connection:ident, $length:ident, $expected:ident) => {{
        let (begin, mut latencies) = (Instant::now(), Vec::new());
        while begin.elapsed() < $length {
            let (start, mut bytes) = (Instant::now(), 0);
            $connection.stream(|arrived| bytes += arrived).await?;
            ensure!(bytes == $expected, "an answer has {bytes} bytes instead of {}", $expected);
            latencies.push(start.elapsed());
        }
        Ok(latencies)
    }};
}

async fn streams_h1(
    mut connection: load_h1::Connection,
    length: Duration,
    expected: usize,
) -> Result<Vec<Duration>> {
    one_after_another!(connection, length, expected)
}

async fn streams_h2(
    mut connection: load_h2::Connection,
    length: Duration,
    expected: usize,
) -> Result<Vec<Duration>> {
    one_after_another!(connection, length, expected)
}
