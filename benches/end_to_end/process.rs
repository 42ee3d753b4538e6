//! A server as a child process: this binary again, with a role. Its CPU time and memory come from `/proc`.
//!
//! The protocol: it prints `listening <address>`; each line on its standard input asks for a report, which is a
//! line of JSON; the end of its standard input ends it.

use crate::Role;
use crate::stats::Percentiles;
use crate::workload::Workload;
use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Ticks a second of the times in `/proc/<pid>/stat`: USER_HZ, 100 on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

const LISTENING: &str = "listening ";

/// What our server knows of its own work.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Report {
    /// Exchanges in the journal.
    pub(crate) exchanges: usize,
    /// How late frames left, against their plans.
    pub(crate) lateness: Percentiles,
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Server {
    /// Starts one and waits for its address.
    pub(crate) fn start(role: Role, workload: Workload) -> Result<Self> {
        Self::run(role, workload, &[])
    }

    /// Starts one that passes on to another.
    pub(crate) fn start_before(role: Role, upstream: &Self) -> Result<Self> {
        Self::run(role, Workload::Burst, &["--upstream", &upstream.address.to_string()])
    }

    fn run(role: Role, workload: Workload, more: &[&str]) -> Result<Self> {
        let name = |value: Option<clap::builder::PossibleValue>| {
            value.map(|v| v.get_name().to_owned()).unwrap_or_default()
        };
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "--role",
                &name(role.to_possible_value()),
                "--workload",
                &name(workload.to_possible_value()),
            ])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next().context("the server ended at once")??;
        let address =
            line.strip_prefix(LISTENING).context("the server does not say where it listens")?.parse()?;
        Ok(Self { child, lines, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU time so far, user and system, in seconds.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = self.proc("stat")?;
        // The name in parentheses may hold spaces. utime and stime are the fields 14 and 15 (proc(5)).
        let (_, fields) = stat.rsplit_once(')').context("no process statistics")?;
        let ticks: Vec<f64> =
            fields.split_whitespace().skip(11).take(2).map_while(|n| n.parse().ok()).collect();
        Ok(ticks.iter().sum::<f64>() / TICKS)
    }

    /// The most memory that it had, in MiB.
    pub(crate) fn peak_mib(&self) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }

    /// Asks for its report.
    pub(crate) fn report(&mut self) -> Result<Report> {
        let stdin = self.child.stdin.as_mut().context("the server does not listen to us")?;
        stdin.write_all(b"report\n")?;
        let line = self.lines.next().context("the server ended")??;
        Ok(serde_json::from_str(&line)?)
    }

    fn proc(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).with_context(|| format!("{path}: this bench needs Linux"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the child: says where it listens.
pub(crate) fn say_address(address: SocketAddr) {
    println!("{LISTENING}{address}");
}

/// In the child: the lines that the parent writes, until it is gone.
pub(crate) fn commands() -> UnboundedReceiver<String> {
    let (send, receive) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}
