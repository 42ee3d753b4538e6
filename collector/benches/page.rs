//! `cargo bench -p faultline-collector --bench page`: how long the live page's questions take with 100,000 spans in the store, and
//! how much each answer has to carry.
//!
//! Runs of an agent are sent over HTTP: an agent, four streams of sixty frames with a request and the other side's span each, three
//! tools. `-- --quick` is a smoke run with a hundredth of them.

#![expect(clippy::print_stdout, reason = "a bench speaks to people")]

#[path = "../tests/common/runs.rs"]
mod runs;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use faultline_collector::store::{Keep, Place};
use faultline_collector::{Clock, Collector, Limits, Options};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Instant;

#[derive(Debug, Parser)]
struct Args {
    /// A smoke run; its figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Given by `cargo bench`; without it the run is a quick one.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The most that one answer may carry, in bytes.
const LARGEST: usize = 600_000;

fn main() -> Result<()> {
    let args = Args::parse();
    let quick = args.quick || !args.bench;
    let path = std::env::temp_dir().join(format!("faultline-page-{}.db", std::process::id()));
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = Options {
        grpc: free,
        http: free,
        place: Place::File(path.clone()),
        keep: Keep::default(),
        limits: Limits::default(),
        clock: Clock::new(|| 1_800_000_000_000_000_000),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let collector = runtime.block_on(Collector::start(options))?;
    let at = collector.http();
    let spans = if quick { 1000 } else { 100_000 };
    let began = Instant::now();
    for batch in runs::batches(spans) {
        let (status, _) = ask(at, "POST", "/v1/traces", &batch)?;
        ensure!(status == 200, "a batch was answered with {status}");
    }
    println!(
        "{spans} spans sent in {:.1} s{}",
        began.elapsed().as_secs_f64(),
        if quick { "; a quick run" } else { "" }
    );
    let last = runs::trace_id(0);
    println!("{:<44} {:>9} {:>9} {:>9} {:>9}", "", "first", "median", "most", "bytes");
    for path in [
        "/api/latency".to_owned(),
        "/api/latency?model=model-1".to_owned(),
        "/api/series?buckets=80".to_owned(),
        "/api/tools".to_owned(),
        "/api/trouble".to_owned(),
        "/api/traces?limit=100".to_owned(),
        "/api/traces?limit=100&failed=true".to_owned(),
        "/api/traces?limit=100&text=nothing+has+this".to_owned(),
        "/api/traces?limit=100&before=1767225605000000000:9".to_owned(),
        "/api/conversations?limit=100".to_owned(),
        format!("/api/traces/{last}"),
        format!("/api/traces/{last}/spans/0000000000000002"),
        "/".to_owned(),
    ] {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..21 {
            let began = Instant::now();
            let (status, length) = ask(at, "GET", &path, b"")?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            ensure!(status == 200, "{path} was answered with {status}");
            bytes = length;
        }
        let first = times.remove(0);
        times.sort_by(f64::total_cmp);
        println!("{path:<44} {first:>6.1} ms {:>6.1} ms {:>6.1} ms {bytes:>9}", times[10], times[19]);
        ensure!(bytes <= LARGEST, "an answer of {bytes} bytes");
    }
    runtime.block_on(collector.stop());
    for end in ["", "-wal", "-shm"] {
        // The last two are there only where the end was not a clean one.
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    Ok(())
}

/// The status of an answer, and how long its body is.
fn ask(at: SocketAddr, method: &str, path: &str, body: &[u8]) -> Result<(u16, usize)> {
    let mut socket = TcpStream::connect(at)?;
    let length = body.len();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )?;
    socket.write_all(body)?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").context("no answer")?;
    let status = String::from_utf8_lossy(&answer[9..12]).parse()?;
    Ok((status, answer.len() - head - 4))
}
