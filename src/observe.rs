//! `--observe`: a collector within this process for as long as a command runs. The command and those that it starts tell it
//! what they do, and its page shows it.

use crate::collected::clock;
use crate::exit::Failure;
use crate::output::complain;
use crate::serving::runtime;
use faultline_collector::store::{Keep, Place, StoreError};
use faultline_collector::{Collector, Limits, Options, StartError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::OnceLock;
use tokio::runtime::Runtime;

/// Whether to watch, and what to keep of it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ObserveArgs {
    /// Collect what this command and those that it starts tell (OpenTelemetry), and print where a page shows it live.
    #[arg(long, help_heading = "Telemetry")]
    observe: bool,
    /// Keep what is collected in this file, which `faultline collect --store`, `traces` and `latency` read.
    #[arg(long, requires = "observe", value_name = "FILE", help_heading = "Telemetry")]
    observe_store: Option<PathBuf>,
}

/// Where those that we start are to tell what they do.
static TOLD: OnceLock<String> = OnceLock::new();

/// What wins over the one endpoint in OpenTelemetry's SDKs, or adds to what is sent there.
pub(crate) const UNSET: [&str; 8] = [
    "OTEL_SDK_DISABLED",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
];

/// Variables of OpenTelemetry for a command that is started while somebody observes; those in [`UNSET`] must not be there. None
/// while nobody does: then it has what it had.
pub(crate) fn variables() -> Option<[(&'static str, String); 2]> {
    let url = TOLD.get()?.clone();
    let protocol = "http/protobuf".to_owned();
    Some([("OTEL_EXPORTER_OTLP_ENDPOINT", url), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)])
}

/// A collector at work.
pub(crate) struct Observer {
    collector: Collector,
    store: Option<PathBuf>,
    /// What it works on; a command may block its own.
    runtime: Runtime,
}

impl Observer {
    /// Starts one where it was asked for, and says where its page is.
    ///
    /// # Errors
    /// When nobody can listen or the store cannot be opened.
    pub(crate) fn start(args: Option<&ObserveArgs>) -> Result<Option<Self>, Failure> {
        let Some(ObserveArgs { observe: true, observe_store }) = args else { return Ok(None) };
        let runtime = runtime()?;
        let store = observe_store.clone();
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let options = Options {
            grpc: free,
            http: free,
            place: store.clone().map_or(Place::Memory, Place::File),
            keep: Keep::default(),
            limits: Limits::default(),
            clock: clock(),
        };
        let collector = runtime.block_on(Collector::start(options)).map_err(|error| match error {
            StartError::Store(StoreError::Foreign { .. }) => Failure::usage(error),
            error => Failure::own(error),
        })?;
        let observer = Self { collector, store, runtime };
        complain(&format!("faultline: watch it at {}/", observer.url()));
        // There is one observer a process.
        let _ = TOLD.set(observer.url());
        Ok(Some(observer))
    }

    /// Where spans are sent, and where the page is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.collector.http())
    }

    /// Ends it, when everybody has told everything; says what there is.
    pub(crate) fn end(self) {
        let counts = self.runtime.block_on(self.collector.stop());
        let kept = self.store.map_or_else(
            || "nothing is kept: --observe-store FILE keeps it".to_owned(),
            |path| format!("kept in {0}: faultline collect --store {0} shows them again", path.display()),
        );
        complain(&format!("faultline: {} spans were observed, {kept}", counts.spans));
    }
}
