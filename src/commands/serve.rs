//! `faultline serve`: a Bedrock endpoint on loopback until it is stopped.

use crate::auth::AuthArgs;
use crate::ca::CaFile;
use crate::exit::{Exit, Failure};
use crate::output::{Reader, counted, print};
use crate::source::SourceArgs;
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::admission::Admission;
use faultline_scenarios::{Book, Scenario};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    /// Where to write the CA that TLS clients must trust; default: a file in the temporary folder, removed at the end.
    #[arg(long, value_name = "PEM", requires = "tls")]
    pub(crate) ca: Option<PathBuf>,
    /// Answer requests that Bedrock would refuse.
    #[arg(long)]
    pub(crate) lenient: bool,
    #[command(flatten)]
    auth: AuthArgs,
}

impl ServerArgs {
    /// The options of a server at `address` that plays `book`.
    ///
    /// # Errors
    /// When one of several scenarios is about connections.
    pub(crate) fn options(&self, address: SocketAddr, book: &Book) -> Result<Options, Failure> {
        let admission = admission(book)?;
        let auth = self.auth.read()?;
        Ok(Options {
            address,
            tls: self.tls,
            ca_path: self.ca.clone(),
            admission,
            auth,
            ..Options::default()
        })
    }

    /// The brain that plays `book`.
    pub(crate) fn brain(&self, book: Book) -> Arc<Scripted> {
        let scripted = Scripted::new(book);
        Arc::new(if self.lenient { scripted.lenient() } else { scripted })
    }
}

/// What goes wrong with the connections of a server that plays `book`. Connections belong to a server, not to one of its
/// scenarios.
fn admission(book: &Book) -> Result<Vec<Admission>, Failure> {
    let about = |scenario: &&Arc<Scenario>| !scenario.file.admission.is_empty();
    match (book.scenarios.as_slice(), book.scenarios.iter().find(about)) {
        (_, None) => Ok(Vec::new()),
        ([only], _) => Ok(only.file.admission.clone()),
        (_, Some(one)) => Err(Failure::usage(format!(
            "the scenario `{}` has `admission`, which strikes every connection of a server: serve it alone, without others",
            one.name
        ))),
    }
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
    let book = args.source.book_to_serve()?;
    let token = args.public.then(admin_token).transpose()?;
    let address = SocketAddr::new(args.host, args.port);
    let options = args.server.options(address, &book)?;
    let options = Options { public: args.public, admin_token: token.clone(), ..options };
    let admits = !options.admission.is_empty();
    let scenarios = book.scenarios.len();
    runtime()?.block_on(async {
        let server = MockBedrock::start(options, args.server.brain(book)).await?.unverified();
        // Listened for before anybody can know that there is something to stop, or a file to remove.
        let listen = |kind| signal(kind).map_err(Failure::own);
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        let ca = CaFile::of(&server, args.server.ca.as_deref())?;
        let serving = Serving {
            address: server.addr(),
            scenarios,
            admits,
            ca: ca.as_ref().map(CaFile::path),
            token: token.as_deref(),
        };
        // Who has left before we said where we are will not come.
        if print(&if args.json { serving.to_json() } else { serving.to_text() })? == Reader::There {
            stopped(interrupt, terminate).await;
        }
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

/// What there is to say of a running server.
struct Serving<'a> {
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
        let mut lines = vec![format!("faultline serves {} at {url}", counted(self.scenarios, "scenario"))];
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

/// Waits for Ctrl-C or SIGTERM.
async fn stopped(mut interrupt: Signal, mut terminate: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::load;

    fn book(files: &[(&str, &str)]) -> Book {
        let scenario = |(name, more): &(&str, &str)| {
            let text = format!("faultline: 1\nreplies: [{{message: [{{text: hi}}]}}]\n{more}");
            load::scenario(name, name, &text).unwrap()
        };
        Book::new(files.iter().map(scenario).collect())
    }

    const REFUSE: &str = "admission: [{do: refuse}]\n";

    #[test]
    fn a_scenario_about_connections_is_served_alone_or_not_at_all() {
        assert_eq!(admission(&book(&[("a", REFUSE)])).unwrap().len(), 1);
        assert_eq!(admission(&book(&[("a", ""), ("b", "")])).unwrap().len(), 0);
        let Err(Failure::Plain(exit, why)) = admission(&book(&[("a", ""), ("b", REFUSE)])) else {
            panic!("two scenarios share a server")
        };
        assert_eq!(exit, Exit::Usage);
        assert!(why.contains("`b`") && why.contains("serve it alone"), "{why}");
    }
}
