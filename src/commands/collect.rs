//! `faultline collect`: an OTLP receiver on loopback until it is stopped.

use crate::collected::clock;
use crate::exit::{Exit, Failure};
use crate::output::{Reader, print};
use crate::serving::runtime;
use crate::stop::Stop;
use crate::values::{age, size};
use faultline_collector::store::{Keep, Place, StoreError};
use faultline_collector::{Collector, Counts, Limits, Options, StartError};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Where to listen, and what to keep.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The port for gRPC, on loopback; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    grpc: u16,
    /// The port for HTTP, on loopback; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http: u16,
    /// The file to keep everything in; default: in memory, gone at the end.
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Forget what came longer ago: `12h`, `7d`.
    #[arg(long, value_name = "AGE", value_parser = age)]
    keep: Option<Duration>,
    /// Forget the oldest while the store is greater: `500MB`, `1GB`.
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "1GB")]
    most: u64,
    /// Print one JSON line instead of text.
    #[arg(long)]
    json: bool,
}

impl Args {
    fn options(&self) -> Options {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Options {
            grpc: local(self.grpc),
            http: local(self.http),
            place: self.store.clone().map_or(Place::Memory, Place::File),
            keep: Keep { age: self.keep, bytes: Some(self.most) },
            limits: Limits::default(),
            clock: clock(),
        }
    }
}

/// Collects until Ctrl-C or SIGTERM.
///
/// # Errors
/// When a port is taken or the store cannot be opened.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let stop = Stop::listen()?;
        let collector = Collector::start(args.options()).await.map_err(failure)?;
        // Who has left before we said where we are will not come.
        if print(&said(args, &collector))? == Reader::There {
            stop.asked().await;
        }
        let counts = collector.stop().await;
        print(&sum(args, &counts))?;
        Ok(Exit::Pass)
    })
}

fn failure(error: StartError) -> Failure {
    match error {
        StartError::Store(StoreError::Foreign { .. }) => Failure::usage(error),
        error => Failure::own(error),
    }
}

fn said(args: &Args, collector: &Collector) -> String {
    let [grpc, http] = [collector.grpc(), collector.http()].map(|address| format!("http://{address}"));
    let store = args.store.as_ref().map(|path| path.display().to_string());
    if args.json {
        return format!("{}\n", json!({"url": http, "http": http, "grpc": grpc, "store": store}));
    }
    let endpoint = |url: &str, protocol: &str| {
        format!("  export OTEL_EXPORTER_OTLP_ENDPOINT={url} OTEL_EXPORTER_OTLP_PROTOCOL={protocol}\n")
    };
    format!(
        "faultline collects OpenTelemetry, gRPC at {grpc}, HTTP at {http}\n  store: {}\n  the page: {http}/\n\
         point senders at it with one of these lines:\n{}{}",
        store.unwrap_or_else(|| "in memory, gone at the end; --store FILE keeps it".to_owned()),
        endpoint(&grpc, "grpc"),
        endpoint(&http, "http/protobuf"),
    )
}

fn sum(args: &Args, counts: &Counts) -> String {
    if args.json {
        return format!("{}\n", json!(counts));
    }
    let Counts { requests, spans, points, logs, .. } = counts;
    let mut text =
        format!("{spans} spans, {points} metric points and {logs} log records in {requests} requests\n");
    let notes = [
        (counts.duplicates, "spans had been sent before"),
        (counts.rejected, "spans, points and records could not be kept; their senders were told"),
        (counts.malformed, "requests could not be read"),
        (counts.refused, "requests were turned away for lack of room, to be sent again"),
        (counts.failed, "requests could not be written, to be sent again"),
        (counts.forgotten, "rows were forgotten for their age or the store's size"),
    ];
    for (count, what) in notes.into_iter().filter(|(count, _)| *count > 0) {
        text += &format!("  {count} {what}\n");
    }
    text
}
