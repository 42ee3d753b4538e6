//! What it costs to stand in the middle: the time of each frame from an upstream to a client, directly, through a plain TCP
//! relay, and through the recorder, in turns in one run.

use crate::Role;
use crate::load_h1::Connection;
use crate::process::Server;
use crate::stamped_server::{DIGITS, STAMP, now};
use crate::stats::{Percentiles, median};
use crate::table::{Goal, Table};
use crate::workload::Workload;
use anyhow::{Result, ensure};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Microseconds between two frames of a stream.
const GAP: u64 = 40_000;

/// Each of the three is measured so often, in turns.
const ROUNDS: usize = 3;

/// The three ways.
const WAYS: [&str; 3] = ["direct", "relay", "recorder"];

/// At 1, 64 and 512 streams.
pub(crate) async fn measure(quick: bool, table: &mut Table) -> Result<()> {
    let (counts, frames, rounds): (&[usize], usize, usize) =
        if quick { (&[2], 5, 1) } else { (&[1, 64, 512], 100, ROUNDS) };
    let upstream = Server::start(Role::Stamped, Workload::Burst)?;
    let relay = Server::start_before(Role::Relay, &upstream)?;
    let recorder = Server::start_before(Role::Recorder, &upstream)?;
    for count in counts {
        eprintln!("{count} streams directly, through a relay, and through the recorder");
        let mut all: [Vec<Percentiles>; 3] = Default::default();
        for _ in 0..rounds {
            for (seen, server) in all.iter_mut().zip([&upstream, &relay, &recorder]) {
                seen.push(transit(server, *count, frames).await?);
            }
        }
        report(*count, &all, table);
    }
    Ok(())
}

fn report(count: usize, all: &[Vec<Percentiles>; 3], table: &mut Table) {
    let of = |way: &[Percentiles]| Percentiles {
        p50: median(way.iter().map(|one| one.p50)),
        p99: median(way.iter().map(|one| one.p99)),
    };
    let [direct, relay, recorder] = [of(&all[0]), of(&all[1]), of(&all[2])];
    for (name, way) in WAYS.iter().zip([direct, relay, recorder]) {
        table.note(format!(
            "{count} streams, {name}: a frame took p50/p99 {:.3}/{:.3} ms",
            way.p50 / 1e3,
            way.p99 / 1e3
        ));
    }
    let added = |p: fn(&Percentiles) -> f64| (p(&recorder) - p(&direct)) / 1e3;
    let name = format!("{count} streams: the recorder adds");
    table.goal(Goal::at_most(format!("{name} p50"), added(|way| way.p50), 0.2, "ms"));
    table.goal(Goal::at_most(format!("{name} p99"), added(|way| way.p99), 1.0, "ms"));
}

/// How long each frame was under way.
async fn transit(server: &Server, count: usize, frames: usize) -> Result<Percentiles> {
    let mut tasks = JoinSet::new();
    // Streams are spread over the gap: nobody's users all wait for the same instant.
    let step = Duration::from_micros(GAP) / u32::try_from(count)?;
    let begin = Instant::now() + Duration::from_millis(50);
    for number in 0..count {
        let mut connection = Connection::open_to(server.address(), &path(frames, GAP)).await?;
        let turn = begin + step * u32::try_from(number)?;
        tasks.spawn(async move {
            tokio::time::sleep_until(turn).await;
            let mut stamps = Stamps::default();
            connection.stream_bytes(|bytes| stamps.arrived(bytes)).await?;
            anyhow::Ok(stamps.took)
        });
    }
    let mut took = Vec::new();
    while let Some(done) = tasks.join_next().await {
        took.extend(done??);
    }
    ensure!(took.len() == count * frames, "{} frames of {}", took.len(), count * frames);
    Ok(Percentiles::of(took))
}

/// Where a stamped stream is asked for.
pub(crate) fn path(frames: usize, gap: u64) -> String {
    format!("/model/{frames}-{gap}/converse-stream")
}

/// The stamps in a body.
#[derive(Default)]
struct Stamps {
    rest: Vec<u8>,
    took: Vec<Duration>,
}

impl Stamps {
    fn arrived(&mut self, bytes: &[u8]) {
        let now = now();
        self.rest.extend_from_slice(bytes);
        while let Some(at) = self.rest.windows(STAMP.len()).position(|window| window == STAMP) {
            let Some(digits) = self.rest.get(at + STAMP.len()..at + STAMP.len() + DIGITS) else { return };
            let left: u128 = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
            self.took.push(Duration::from_nanos(u64::try_from(now.saturating_sub(left)).unwrap_or(u64::MAX)));
            self.rest.drain(..at + STAMP.len() + DIGITS);
        }
    }
}
