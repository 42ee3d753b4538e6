//! Telemetry from start to end: the three providers, and what was lost.

use super::args::{Target, TelemetryArgs};
use super::client::Client;
use super::meters::Meters;
use super::outlet::{Outlet, Tally};
use crate::exit::Failure;
use crate::output::complain;
use faultline_agent::Capture;
use opentelemetry::global;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry_otlp::{
    LogExporter, MetricExporter, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter as _};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// So long the end of a command waits for its collector.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// The providers of this process. Whoever has them must end them.
pub(crate) struct Providers {
    pub(crate) tracers: SdkTracerProvider,
    pub(crate) loggers: SdkLoggerProvider,
    meters: SdkMeterProvider,
    tally: Arc<Tally>,
    target: Target,
    /// What sends; it must live until the end.
    _runtime: tokio::runtime::Runtime,
}

impl Providers {
    /// The providers, where a collector is named.
    ///
    /// # Errors
    /// When the collector's name makes no sense, or the system gives no threads.
    pub(crate) fn start(args: &TelemetryArgs) -> Result<Option<Self>, Failure> {
        let Some(target) = args.target()? else { return Ok(None) };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("telemetry")
            .enable_all()
            .build()
            .map_err(Failure::own)?;
        let client = Client::new(runtime.handle().clone(), &target).map_err(Failure::own)?;
        let resource = Resource::builder().with_attribute(service()).build();
        let meters = meters(&target, &client, &resource)?;
        let instruments = Meters::new(&meters.meter("faultline"), target.version);
        let (outlet, tally) = Outlet::new(spans(&target, &client, &resource)?, instruments, target.version);
        let tracers = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_max_events_per_span(1024)
            .with_span_processor(outlet)
            .build();
        let loggers = SdkLoggerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(logs(&target, &client)?)
            .build();
        global::set_tracer_provider(tracers.clone());
        super::exchange::tell();
        // A second time changes nothing.
        let _ = CAPTURE.set(args.capture());
        Ok(Some(Self { tracers, loggers, meters, tally, target, _runtime: runtime }))
    }

    /// Sends what is left, for a bounded time, and says what was lost.
    pub(crate) fn end(self) {
        let (done, ended) = std::sync::mpsc::channel();
        let (tracers, loggers, meters) = (self.tracers.clone(), self.loggers.clone(), self.meters.clone());
        // Side by side: a collector that hangs costs its time once.
        for end in [
            Box::new(move || drop(tracers.shutdown_with_timeout(LAST_WAIT))) as Box<dyn FnOnce() + Send>,
            Box::new(move || drop(loggers.shutdown_with_timeout(LAST_WAIT))),
            Box::new(move || drop(meters.shutdown_with_timeout(LAST_WAIT))),
        ] {
            let done = done.clone();
            std::thread::spawn(move || {
                end();
                // Who waited has gone on.
                let _ = done.send(());
            });
        }
        let until = std::time::Instant::now() + LAST_WAIT;
        for _ in 0..3 {
            // Whoever is late is left behind.
            let _ = ended.recv_timeout(until.saturating_duration_since(std::time::Instant::now()));
        }
        self.say_what_was_lost();
    }

    fn say_what_was_lost(&self) {
        let (ended, sent) = self.tally.counts();
        let lost = ended.saturating_sub(sent);
        if lost > 0 {
            let why = self.tally.why().unwrap_or_else(|| "no answer came in time".to_owned());
            let url = &self.target.url;
            complain(&format!("faultline: {lost} of {ended} spans did not reach {url}: {why}"));
        }
    }
}

/// `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say otherwise where they are set: the SDK reads them.
fn service() -> opentelemetry::KeyValue {
    let name = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    opentelemetry::KeyValue::new("service.name", name.unwrap_or_else(|| "faultline".to_owned()))
}

fn spans(target: &Target, client: &Client, resource: &Resource) -> Result<SpanExporter, Failure> {
    let builder = sent_to(SpanExporter::builder().with_http(), target, client, "traces");
    let mut exporter = builder.build().map_err(Failure::own)?;
    // The outlet has it from the start: who told them is part of every span.
    exporter.set_resource(resource);
    Ok(exporter)
}

fn logs(target: &Target, client: &Client) -> Result<LogExporter, Failure> {
    sent_to(LogExporter::builder().with_http(), target, client, "logs").build().map_err(Failure::own)
}

fn meters(target: &Target, client: &Client, resource: &Resource) -> Result<SdkMeterProvider, Failure> {
    let builder = sent_to(MetricExporter::builder().with_http(), target, client, "metrics");
    let reader = PeriodicReader::builder(builder.build().map_err(Failure::own)?).build();
    Ok(SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(reader).build())
}

/// An exporter of one signal to the collector.
fn sent_to<B: WithExportConfig + WithHttpConfig>(
    builder: B,
    to: &Target,
    client: &Client,
    signal: &str,
) -> B {
    builder
        .with_http_client(client.clone())
        .with_protocol(Protocol::HttpBinary)
        .with_retry_policy(RetryPolicy::recommended())
        .with_endpoint(format!("{}/v1/{signal}", to.url))
        .with_timeout(to.patience)
}

/// What lets content onto the spans of agents, where somebody asked for it.
static CAPTURE: OnceLock<Option<Capture>> = OnceLock::new();

/// Content on the spans of an agent: only where somebody asked for it.
pub(crate) fn capture() -> Option<Capture> {
    CAPTURE.get().cloned().flatten()
}

/// The headers that carry the current span on to who is asked next (W3C Trace Context). None where nobody traces.
pub(crate) fn trace_headers() -> Vec<(String, String)> {
    let mut headers = Headers(Vec::new());
    TraceContextPropagator::new().inject_context(&tracing::Span::current().context(), &mut headers);
    headers.0
}

struct Headers(Vec<(String, String)>);

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        if !value.is_empty() {
            self.0.push((key.to_owned(), value));
        }
    }
}
