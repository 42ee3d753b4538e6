//! The results: rows, notes and goals, for people and for machines.

use crate::sample::Sample;
use crate::workload::Workload;
use anyhow::Result;
use serde::Serialize;
use std::fmt::Write as _;

/// A figure and what it should be.
#[derive(Debug, Serialize)]
pub(crate) struct Goal {
    name: String,
    value: f64,
    goal: String,
    met: bool,
    unit: &'static str,
}

impl Goal {
    /// The figure should be at least so much.
    pub(crate) fn at_least(name: String, value: f64, bound: f64, unit: &'static str) -> Self {
        Self { name, value, goal: format!(">= {bound}"), met: value >= bound, unit }
    }

    /// The figure should be at most so much.
    pub(crate) fn at_most(name: String, value: f64, bound: f64, unit: &'static str) -> Self {
        Self { name, value, goal: format!("<= {bound}"), met: value <= bound, unit }
    }

    /// The figure should be less than so much.
    pub(crate) fn below(name: String, value: f64, bound: f64, unit: &'static str) -> Self {
        Self { name, value, goal: format!("< {bound}"), met: value < bound, unit }
    }
}

#[derive(Debug, Serialize)]
struct Row {
    load: &'static str,
    server: &'static str,
    #[serde(flatten)]
    sample: Sample,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    /// Whether this was a smoke run.
    quick: bool,
    /// The machine: processor and number of cores.
    machine: String,
    /// Bytes of one unpaced stream, 54 frames.
    stream_bytes: usize,
    rows: Vec<Row>,
    notes: Vec<String>,
    goals: Vec<Goal>,
}

impl Table {
    /// An empty table for this machine.
    pub(crate) fn new(quick: bool) -> Result<Self> {
        let stream_bytes = Workload::Burst.plan()?.body_len();
        Ok(Self {
            quick,
            machine: machine(),
            stream_bytes,
            rows: Vec::new(),
            notes: Vec::new(),
            goals: Vec::new(),
        })
    }

    /// Adds a server under a load.
    pub(crate) fn row(&mut self, load: &'static str, server: &'static str, sample: Sample) {
        self.rows.push(Row { load, server, sample });
    }

    /// Adds a sentence.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Adds a figure with its goal.
    pub(crate) fn goal(&mut self, goal: Goal) {
        self.goals.push(goal);
    }

    /// For machines.
    pub(crate) fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// For people.
    pub(crate) fn to_text(&self) -> String {
        let mut out = format!("\n{}; a stream is 54 frames, {} bytes\n", self.machine, self.stream_bytes);
        if self.quick {
            out.push_str("a quick run: the figures mean nothing\n");
        }
        if !self.rows.is_empty() {
            let _ = writeln!(
                out,
                "\n{:<26} {:<5} {:>10} {:>12} {:>9} {:>9} {:>9}",
                "load", "", "streams/s", "CPU s/10,000", "p50 us", "p99 us", "peak MiB"
            );
        }
        for Row { load, server, sample } in &self.rows {
            let Sample { streams_per_second, cpu_per_10k, latency_us, peak_mib } = sample;
            let _ = writeln!(
                out,
                "{load:<26} {server:<5} {streams_per_second:>10.0} {cpu_per_10k:>12.3} {:>9.0} {:>9.0} {peak_mib:>9.1}",
                latency_us.p50, latency_us.p99
            );
        }
        self.notes.iter().for_each(|note| out.push_str(&format!("\n{note}")));
        out.push('\n');
        for Goal { name, value, goal, met, unit } in &self.goals {
            let verdict = if *met { "met" } else { "missed" };
            let _ =
                write!(out, "\n{name:<56} {:>12}  goal {goal:<8} {verdict}", format!("{value:.2} {unit}"));
        }
        out
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!("{}, {cores} cores", model.map_or("unknown processor", |(_, name)| name))
}
