//! `cargo bench --bench end_to_end`: the server beside a raw hyper server that sends the same bytes.
//!
//! Both are child processes with one thread, so that CPU time and memory are their own; this process is the
//! load. Rounds alternate between the two, so that a machine that slows down slows both.
//!
//! | module | holds |
//! |---|---|
//! | [`workload`] | what is asked and answered |
//! | [`our_server`], [`raw_server`] | the two servers, each the whole life of a child |
//! | [`process`] | a child: its address, CPU time, memory |
//! | [`stamped_server`] | an upstream whose frames say when they left |
//! | [`recorder_server`], [`relay_server`], [`agent_server`] | what stands between it and a client |
//! | [`load_h1`], [`load_h2`] | clients |
//! | [`unpaced`], [`paced`], [`start`], [`middle`], [`flat`], [`sessions`], [`agent_loop`] | the measurements |
//! | [`stats`], [`table`] | medians, percentiles, goals, output |
//!
//! `-- --quick` is a smoke run of a few seconds; `-- --output json` is for machines.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench speaks to people: results and progress"
)]

mod agent_loop;
mod agent_server;
mod flat;
mod load_h1;
mod load_h2;
mod middle;
mod our_server;
mod paced;
mod process;
mod raw_server;
mod recorder_server;
mod relay_server;
mod sample;
mod sessions;
mod stamped_server;
mod start;
mod stats;
mod table;
mod unpaced;
mod workload;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use std::net::SocketAddr;
use table::Table;
use workload::Workload;

/// Settings of a run.
#[derive(Debug, Parser)]
struct Args {
    /// A smoke run of a few seconds; its figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// How to print the results.
    #[arg(long, value_enum, default_value = "text")]
    output: Output,
    /// Only this measurement.
    #[arg(long, value_enum)]
    only: Option<Section>,
    /// Rounds of the comparison, each of both servers.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Run as this server instead of measuring, until standard input ends.
    #[arg(long, value_enum, hide = true)]
    role: Option<Role>,
    /// The workload of that server.
    #[arg(long, value_enum, hide = true, default_value = "burst")]
    workload: Workload,
    /// Whom that server passes requests on to.
    #[arg(long, hide = true)]
    upstream: Option<SocketAddr>,
    /// Given by `cargo bench`; without it (`cargo test --benches`) the run is a quick one.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Which server a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// The server of this project.
    Ours,
    /// hyper, and nothing else.
    Raw,
    /// hyper; its frames say when they left.
    Stamped,
    /// The recorder.
    Recorder,
    /// Bytes go on as they come.
    Relay,
    /// The reference agent as a service.
    Agent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    Unpaced,
    Memory,
    Pacing,
    Start,
    Replay,
    Middle,
    Flat,
    Sessions,
    Agent,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match args.role {
        Some(Role::Ours) => runtime.block_on(our_server::run(args.workload)),
        Some(Role::Raw) => runtime.block_on(raw_server::run(args.workload)),
        Some(Role::Stamped) => runtime.block_on(stamped_server::run()),
        // As the command does it.
        Some(Role::Recorder) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(recorder_server::run(args.upstream))
        }
        Some(Role::Agent) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(agent_server::run(args.upstream))
        }
        Some(Role::Relay) => runtime.block_on(relay_server::run(args.upstream)),
        None => runtime.block_on(measure(&args)),
    }
}

async fn measure(args: &Args) -> Result<()> {
    let quick = args.quick || !args.bench;
    let wanted = |section| args.only.is_none_or(|only| only == section);
    let mut table = Table::new(quick)?;
    if wanted(Section::Unpaced) {
        unpaced::measure(if quick { 1 } else { args.rounds }, quick, &mut table).await?;
    }
    if wanted(Section::Memory) {
        paced::memory(quick, &mut table).await?;
    }
    if wanted(Section::Pacing) {
        paced::pacing(quick, &mut table).await?;
    }
    if wanted(Section::Start) {
        start::measure(quick, &mut table).await?;
    }
    if wanted(Section::Replay) {
        paced::replay(quick, &mut table).await?;
    }
    if wanted(Section::Middle) {
        middle::measure(quick, &mut table).await?;
    }
    if wanted(Section::Sessions) {
        sessions::measure(quick, &mut table).await?;
    }
    if wanted(Section::Agent) {
        agent_loop::measure(if quick { 1 } else { args.rounds }, quick, &mut table).await?;
    }
    if wanted(Section::Flat) {
        flat::measure(quick, &mut table).await?;
    }
    match args.output {
        Output::Text => println!("{}", table.to_text()),
        Output::Json => println!("{}", table.to_json()?),
    }
    Ok(())
}
