//! A server that the command line opens: where it listens, who may ask, what is said of it, until it is stopped.
//!
//! It knows no scenario and no cassette: what answers is handed to it.

use crate::auth::AuthArgs;
use crate::ca::CaFile;
use crate::chance::token;
use crate::exit::Failure;
use crate::output::{Reader, print};
use crate::stop::Stop;
use crate::telemetry::listeners;
use faultline_mock_bedrock::{MockBedrock, Options, Responder};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where to listen, and how that is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PlaceArgs {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The address; other than loopback needs `--public`.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Allow an address that other machines can reach.
    #[arg(long)]
    public: bool,
    /// Print one JSON line instead of text.
    #[arg(long)]
    json: bool,
}

/// How a server is talked to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SocketArgs {
    /// Speak TLS too, on the same port, with a CA made now.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Where to write the CA that TLS clients must trust; default: a file in the temporary folder, removed at the end.
    #[arg(long, value_name = "PEM", requires = "tls")]
    pub(crate) ca: Option<PathBuf>,
    #[command(flatten)]
    auth: AuthArgs,
}

impl PlaceArgs {
    /// The options of a server there.
    ///
    /// # Errors
    /// When keys are none, or there is no admin token for a server that others can reach.
    pub(crate) fn options(&self, socket: &SocketArgs) -> Result<Options, Failure> {
        let admin_token = self.public.then(token).transpose()?;
        let options = socket.options(SocketAddr::new(self.host, self.port))?;
        Ok(Options { public: self.public, admin_token, ..options })
    }
}

impl SocketArgs {
    /// The options of a server at `address`.
    ///
    /// # Errors
    /// When keys are none.
    pub(crate) fn options(&self, address: SocketAddr) -> Result<Options, Failure> {
        let auth = self.auth.read()?;
        let listeners = listeners(Vec::new());
        Ok(Options {
            address,
            tls: self.tls,
            ca_path: self.ca.clone(),
            auth,
            listeners,
            ..Options::default()
        })
    }
}

/// A runtime for a command that serves.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::own)
}

/// A runtime on the thread that asks for it: for a command that does one thing at a time.
///
/// # Errors
/// When the system gives none.
pub(crate) fn small_runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::own)
}

/// Serves until Ctrl-C or SIGTERM. `headline` stands in front of the address: `faultline serves 3 scenarios`.
///
/// # Errors
/// When the server cannot start.
pub(crate) async fn until_stopped(
    options: Options,
    brain: Arc<dyn Responder>,
    place: &PlaceArgs,
    headline: &str,
    scenarios: usize,
) -> Result<(), Failure> {
    let (token, ca_path) = (options.admin_token.clone(), options.ca_path.clone());
    let admits = !options.admission.is_empty();
    let server = MockBedrock::start(options, brain).await?.unverified();
    // Listened for before anybody can know that there is something to stop, or a file to remove.
    let stop = Stop::listen()?;
    let ca = CaFile::of(&server, ca_path.as_deref())?;
    let serving = Serving {
        headline,
        address: server.addr(),
        scenarios,
        admits,
        ca: ca.as_ref().map(CaFile::path),
        token: token.as_deref(),
    };
    // Who has left before we said where we are will not come.
    if print(&if place.json { serving.to_json() } else { serving.to_text() })? == Reader::There {
        stop.asked().await;
    }
    server.stop().await;
    Ok(())
}

/// What there is to say of a running server.
struct Serving<'a> {
    headline: &'a str,
    address: SocketAddr,
    scenarios: usize,
    /// Whether something goes wrong with connections.
    admits: bool,
    ca: Option<&'a Path>,
    token: Option<&'a str>,
}

impl Serving<'_> {
    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", reachable(self.address))
    }

    fn to_text(&self) -> String {
        let url = self.url("http");
        let mut lines = vec![format!("{} at {url}", self.headline)];
        if self.address.ip().is_unspecified() {
            lines.push(format!("  listens on all addresses of this machine, port {}", self.address.port()));
        }
        if let Some(ca) = self.ca {
            let url = self.url("https");
            lines.push(format!("  TLS on the same port: {url} with the CA {}", ca.display()));
        }
        lines.push(format!("  point clients at it:  eval \"$(faultline env {url})\""));
        lines.push(format!("  what arrived:         {url}/_faultline/exchanges"));
        if self.admits {
            lines.push(format!("  what went wrong with connections: {url}/_faultline/connections"));
        }
        if let Some(token) = self.token {
            lines.push(format!("  admin requests need the header x-faultline-token: {token}"));
        }
        lines.join("\n") + "\n"
    }

    fn to_json(&self) -> String {
        // A path need not be text; as JSON it must be.
        let ca = self.ca.map(|ca| ca.display().to_string());
        let https = ca.as_ref().map(|_| self.url("https"));
        let said = json!({
            "url": self.url("http"), "https": https, "ca": ca, "scenarios": self.scenarios,
            "adminToken": self.token,
        });
        format!("{said}\n")
    }
}

/// Where a client on this machine finds a server that listens at `address`: "all addresses" is nowhere to connect to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
