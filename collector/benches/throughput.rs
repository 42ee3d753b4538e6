//! `cargo bench -p faultline-collector`: how many spans a second arrive and are in the store, none lost.
//!
//! The collector is a child process, as `faultline collect` starts it: its CPU time and memory are its own. This process sends:
//! several connections over gRPC, batches of 512 spans, ten attributes each, eight spans a trace. `-- --quick` is a smoke run.

#![expect(clippy::print_stdout, reason = "a bench speaks to people")]

use anyhow::{Context, Result, ensure};
use clap::Parser;
use faultline_collector::store::{Keep, Place, to_read};
use faultline_collector::{Clock, Collector, Limits, Options};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use std::io::{BufRead, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Spans of one request: the default of OpenTelemetry's batch processors.
const BATCH: u64 = 512;
/// Spans of one trace.
const TRACE: u64 = 8;

#[derive(Debug, Parser)]
struct Args {
    /// A smoke run; its figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Connections that send at once.
    #[arg(long, default_value_t = 8)]
    connections: u64,
    /// Batches of each connection.
    #[arg(long, default_value_t = 250)]
    batches: u64,
    /// Run as the collector instead, with this store, until standard input ends.
    #[arg(long, hide = true)]
    collect: Option<PathBuf>,
    /// Given by `cargo bench`; without it the run is a quick one.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match &args.collect {
        Some(path) => runtime.block_on(collect(path)),
        None => runtime.block_on(measure(&args)),
    }
}

async fn collect(path: &Path) -> Result<()> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    };
    let collector = Collector::start(Options {
        grpc: free,
        http: free,
        place: Place::File(path.to_owned()),
        keep: Keep { age: None, bytes: Some(8_000_000_000) },
        limits: Limits::default(),
        clock: Clock::new(now),
    })
    .await?;
    println!("{}", collector.grpc());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    collector.stop().await;
    Ok(())
}

async fn measure(args: &Args) -> Result<()> {
    let quick = args.quick || !args.bench;
    let batches = if quick { 10 } else { args.batches };
    let path = std::env::temp_dir().join(format!("faultline-bench-{}.db", std::process::id()));
    let mut child = Running::start(&path)?;
    let idle = child.memory("VmRSS:")?;
    let began = Instant::now();
    let senders: Vec<_> =
        (0..args.connections).map(|number| tokio::spawn(send(child.address, number, batches))).collect();
    for sender in senders {
        sender.await??;
    }
    let seconds = began.elapsed().as_secs_f64();
    let sent = args.connections * batches * BATCH;
    let (cpu, peak) = (child.cpu()?, child.memory("VmHWM:")?);
    let kept: i64 = to_read(&path)?.query_row("SELECT count(*) FROM spans", [], |row| row.get(0))?;
    child.stop()?;
    let size = std::fs::metadata(&path)?.len();
    std::fs::remove_file(&path)?;
    let (rate, each) = (sent as f64 / seconds, size as f64 / sent as f64);
    if quick {
        println!("a quick run: the figures mean nothing");
    }
    println!("{sent} spans over {} connections in {seconds:.2} s: {rate:.0} spans/s", args.connections);
    println!(
        "collector: {:.1} us of CPU a span, {peak:.1} MiB at most, {each:.0} bytes of the store a span",
        cpu * 1e6 / sent as f64
    );
    let verdict = |met: bool| if met { "met" } else { "missed" };
    println!("spans a second                {rate:>10.0}  goal >= 50000  {}", verdict(rate >= 50_000.0));
    println!("idle memory, MiB              {idle:>10.1}  goal < 40      {}", verdict(idle < 40.0));
    println!(
        "spans lost                    {:>10}  goal 0         {}",
        sent as i64 - kept,
        verdict(kept == sent as i64)
    );
    ensure!(kept == i64::try_from(sent)?, "{sent} spans were acknowledged, {kept} are in the store");
    Ok(())
}

/// One connection: a batch is sent when the one before it is acknowledged.
async fn send(to: SocketAddr, number: u64, batches: u64) -> Result<()> {
    let mut client = TraceServiceClient::connect(format!("http://{to}")).await?;
    let first = (number + 1) << 40;
    let pattern = pattern();
    for batch in 0..batches {
        client.export(numbered(&pattern, first + batch * BATCH)).await?;
    }
    Ok(())
}

/// The pattern with ids of its own.
fn numbered(pattern: &ExportTraceServiceRequest, first: u64) -> ExportTraceServiceRequest {
    let mut request = pattern.clone();
    let scopes = request.resource_spans.iter_mut().flat_map(|told| &mut told.scope_spans);
    for (span, number) in scopes.flat_map(|scoped| &mut scoped.spans).zip(first..) {
        // Mixed, as random ids are: an index must find no order in them.
        let trace = (number / TRACE).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        span.trace_id = [trace.to_be_bytes(), number.div_euclid(TRACE).to_be_bytes()].concat();
        span.span_id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().to_vec();
        span.start_time_unix_nano += (number & 0xff_ffff) * 1000;
        span.end_time_unix_nano += (number & 0xff_ffff) * 1000;
    }
    request
}

fn pattern() -> ExportTraceServiceRequest {
    let pair = |key: &str, value| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    };
    let text = |key, value: &str| pair(key, Value::StringValue(value.to_owned()));
    let span = |number: u64| Span {
        name: "chat amazon.nova-lite-v1:0".to_owned(),
        kind: 3,
        parent_span_id: if number.is_multiple_of(TRACE) { Vec::new() } else { vec![1; 8] },
        start_time_unix_nano: 1_767_225_600_000_000_000 + number,
        end_time_unix_nano: 1_767_225_600_500_000_000 + number,
        attributes: vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "aws.bedrock"),
            text("gen_ai.request.model", "amazon.nova-lite-v1:0"),
            text("gen_ai.response.model", "amazon.nova-lite-v1:0"),
            pair("gen_ai.request.stream", Value::BoolValue(true)),
            pair("gen_ai.usage.input_tokens", Value::IntValue(120)),
            pair("gen_ai.usage.output_tokens", Value::IntValue(42)),
            pair("gen_ai.response.time_to_first_chunk", Value::DoubleValue(0.21)),
            text("server.address", "127.0.0.1"),
            pair("server.port", Value::IntValue(4317)),
        ],
        events: vec![Event {
            time_unix_nano: 1_767_225_600_210_000_000 + number,
            name: "faultline.first_event".to_owned(),
            ..Event::default()
        }],
        ..Span::default()
    };
    let spans = (0..BATCH).map(span).collect();
    let resource = Some(Resource { attributes: vec![text("service.name", "bench")], ..Resource::default() });
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
    }
}

/// The collector.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    fn start(path: &Path) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--collect")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().parse().context("the collector does not say where it listens")?;
        Ok(Self { child, address })
    }

    fn proc(&self, file: &str) -> Result<String> {
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }

    /// User and system, in seconds.
    fn cpu(&self) -> Result<f64> {
        let stat = self.proc("stat")?;
        let (_, fields) = stat.rsplit_once(')').context("no process statistics")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map_while(|ticks| ticks.parse::<f64>().ok());
        // USER_HZ is 100 on every Linux that Rust runs on.
        Ok(ticks.sum::<f64>() / 100.0)
    }

    /// In MiB.
    fn memory(&self, what: &str) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(what)).context("no memory statistics")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    fn stop(&mut self) -> Result<()> {
        drop(self.child.stdin.take());
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, or the bench has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
