//! `faultline serve`: a Bedrock endpoint on loopback until it is stopped.

use crate::exit::{Exit, Failure};
use crate::source::SourceArgs;
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What to serve and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    server: ServerArgs,
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

/// Settings that `serve` and `run` share.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// Speak TLS too, on the same port, with a CA made now.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Where to write the CA that TLS clients must trust; default: a file in the temporary folder.
    #[arg(long, value_name = "PEM", requires = "tls")]
    pub(crate) ca: Option<PathBuf>,
    /// Answer requests that Bedrock would refuse.
    #[arg(long)]
    pub(crate) lenient: bool,
}

impl ServerArgs {
    /// The options of a server at `address`.
    pub(crate) fn options(&self, address: SocketAddr) -> Options {
        let ca_path = self.tls.then(|| self.ca.clone().unwrap_or_else(default_ca));
        Options { address, tls: self.tls, ca_path, ..Options::default() }
    }

    /// The brain that plays `book`.
    pub(crate) fn brain(&self, book: faultline_scenarios::Book) -> Arc<Scripted> {
        let scripted = Scripted::new(book);
        Arc::new(if self.lenient { scripted.lenient() } else { scripted })
    }
}

fn default_ca() -> PathBuf {
    std::env::temp_dir().join(format!("faultline-ca-{}.pem", std::process::id()))
}

/// A runtime for a command that serves.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::own)
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When a scenario has problems or the server cannot start.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let book = args.source.book()?;
    let token = args.public.then(admin_token).transpose()?;
    let address = SocketAddr::new(args.host, args.port);
    let options = Options { public: args.public, admin_token: token.clone(), ..args.server.options(address) };
    let ca = options.ca_path.clone();
    let count = book.scenarios.len();
    runtime()?.block_on(async {
        let server = MockBedrock::start(options, args.server.brain(book)).await?.unverified();
        let announce = if args.json { announce_json } else { announce_text };
        // Listened for before anybody can know that there is something to stop.
        let terminate = signal(SignalKind::terminate()).map_err(Failure::own)?;
        announce(&server, count, ca.as_deref(), token.as_deref());
        stopped(terminate).await;
        server.stop().await;
        Ok(Exit::Pass)
    })
}

/// A token from the system's own source of chance: guards the admin API where others can reach it.
fn admin_token() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .map_err(|why| Failure::own(format!("no random numbers for the admin token: {why}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn announce_text(server: &MockBedrock, count: usize, ca: Option<&Path>, token: Option<&str>) {
    let plural = if count == 1 { "" } else { "s" };
    println!("faultline serves {count} scenario{plural} at {}", server.url());
    if let Some(ca) = ca {
        println!("  TLS on the same port: {} with the CA {}", server.https_url(), ca.display());
    }
    println!("  point clients at it:  eval \"$(faultline env {})\"", server.url());
    println!("  what arrived:         {}/_faultline/exchanges", server.url());
    if let Some(token) = token {
        println!("  admin requests need the header x-faultline-token: {token}");
    }
}

fn announce_json(server: &MockBedrock, count: usize, ca: Option<&Path>, token: Option<&str>) {
    let https = ca.map(|_| server.https_url());
    println!(
        "{}",
        json!({ "url": server.url(), "https": https, "ca": ca, "scenarios": count, "adminToken": token })
    );
}

/// Waits for Ctrl-C or SIGTERM.
async fn stopped(mut terminate: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
