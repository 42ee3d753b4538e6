//! From starting `faultline serve` to the first byte of its first answer.

use crate::load_h1;
use crate::stats::Percentiles;
use crate::table::{Goal, Table};
use crate::workload::Workload;
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long one start may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(10);

/// The command line, as built for this bench.
const FAULTLINE: &str = env!("CARGO_BIN_EXE_faultline");

/// Measures a number of starts, one after another.
pub(crate) async fn measure(quick: bool, table: &mut Table) -> Result<()> {
    let Some(file) = scenario().await? else {
        table.note("skipped: start to first answer: `faultline` has no command `serve`".to_owned());
        return Ok(());
    };
    let mut times = Vec::new();
    for number in 1..=if quick { 3 } else { 20 } {
        eprintln!("start {number} of `faultline serve`");
        times.push(tokio::time::timeout(LIMIT, once(&file)).await??);
    }
    let Percentiles { p50, p99 } = Percentiles::of(times);
    table.note(format!("start to first answer: median {:.1} ms, slowest {:.1} ms", p50 / 1e3, p99 / 1e3));
    table.goal(Goal::below("start to first answer".to_owned(), p50 / 1e3, 30.0, "ms"));
    Ok(())
}

/// A scenario file to serve; `None` when the command line cannot serve yet.
async fn scenario() -> Result<Option<PathBuf>> {
    let help = Command::new(FAULTLINE).arg("--help").stdin(Stdio::null()).output().await?;
    if !String::from_utf8_lossy(&help.stdout).contains("serve") {
        return Ok(None);
    }
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("start.json");
    std::fs::write(&file, Workload::Burst.text())?;
    Ok(Some(file))
}

async fn once(file: &Path) -> Result<Duration> {
    let start = Instant::now();
    let mut command = Command::new(FAULTLINE);
    command.arg("serve").arg(file).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = command.kill_on_drop(true).spawn()?;
    let mut connection = load_h1::Connection::open(address(&mut server).await?).await?;
    let mut first = None;
    connection.stream(|_| first = first.or_else(|| Some(start.elapsed()))).await?;
    server.kill().await?;
    first.context("an answer without a body")
}

/// The first address of an endpoint that it prints.
async fn address(server: &mut Child) -> Result<SocketAddr> {
    let stdout = server.stdout.take().context("no output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        let rest = line.split_once("http://").map_or("", |(_, rest)| rest);
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').unwrap_or(rest.len());
        if let Ok(address) = rest[..end].parse() {
            return Ok(address);
        }
    }
    bail!("`faultline serve` ended without printing its address")
}
