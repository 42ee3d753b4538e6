//! `faultline run`: scenarios served to one command, and a verdict on what it did.

use crate::commands::serve::{ServerArgs, runtime};
use crate::endpoint::{UNSET, variables};
use crate::exit::{Exit, Failure};
use crate::source::SourceArgs;
use crate::verdict::{CommandEnd, Verdict, junit, text};
use faultline_mock_bedrock::{Listener, MockBedrock, Options, Scripted};
use faultline_scenarios::exchange::Exchange;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What to run against what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    server: ServerArgs,
    /// Write the verdict as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the verdict as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The command; its environment points every client at the server.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Every exchange of a run, also those that end while the server stops.
type Seen = Arc<Mutex<Vec<Arc<Exchange>>>>;

/// Runs the command and judges it.
///
/// # Errors
/// When a scenario has problems, the server cannot start, the command cannot be started, or a report cannot be
/// written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let book = args.source.book()?;
    let brain = args.server.brain(book);
    let verdict = runtime()?.block_on(judged(args, &brain))?;
    write_reports(args, &verdict)?;
    eprintln!("{}", text(&verdict));
    Ok(if verdict.passed() { Exit::Pass } else { Exit::TestFailed })
}

async fn judged(args: &Args, brain: &Arc<Scripted>) -> Result<Verdict, Failure> {
    let seen = Seen::default();
    let options = args.server.options(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let options = Options { listeners: vec![keep(&seen)], ..options };
    let ca = options.ca_path.clone();
    let server = MockBedrock::start(options, brain.clone()).await?.unverified();
    let url = if args.server.tls { server.https_url() } else { server.url() };
    let signals = Signals::listen()?;
    let status = supervise(start(&args.command, &url, ca.as_deref())?, signals).await?;
    let strays = server.unknown_requests();
    server.stop().await;
    let exchanges = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let command = CommandEnd { command: line(&args.command), failure: failure(status) };
    Ok(Verdict::new(command, &exchanges, &brain.unmet(&exchanges), &strays))
}

fn keep(seen: &Seen) -> Listener {
    let seen = seen.clone();
    Arc::new(move |exchange| seen.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.clone()))
}

fn start(command: &[OsString], url: &str, ca: Option<&Path>) -> Result<Child, Failure> {
    let (program, arguments) = command.split_first().ok_or_else(|| Failure::usage("no command to run"))?;
    let mut child = Command::new(program);
    child.args(arguments).envs(variables(url, ca)).kill_on_drop(true);
    for name in UNSET {
        child.env_remove(name);
    }
    child.spawn().map_err(|why| {
        Failure::usage(format!("the command `{}` cannot be started: {why}", program.display()))
    })
}

/// The signals that ask us to stop. They are listened for before the command starts: one that came between would end
/// us and leave the command alone.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::own);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }
}

/// Waits for the command; signals that ask us to stop are passed on to it.
async fn supervise(mut child: Child, mut signals: Signals) -> Result<ExitStatus, Failure> {
    loop {
        let passed_on = tokio::select! {
            status = child.wait() => return status.map_err(Failure::own),
            signal = received(&mut signals.interrupt, rustix::process::Signal::INT) => signal,
            signal = received(&mut signals.terminate, rustix::process::Signal::TERM) => signal,
            signal = received(&mut signals.hangup, rustix::process::Signal::HUP) => signal,
        };
        pass_on(&child, passed_on);
    }
}

async fn received(listener: &mut Signal, signal: rustix::process::Signal) -> rustix::process::Signal {
    listener.recv().await;
    signal
}

fn pass_on(child: &Child, signal: rustix::process::Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    // A command that has just ended cannot be signalled, and need not be.
    let _ = id.map(|id| rustix::process::kill_process(id, signal));
}

fn failure(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("failed with exit code {code}")),
        (None, Some(signal)) => Some(format!("was ended by signal {signal}")),
        (None, None) => Some("failed".to_owned()),
    }
}

fn line(command: &[OsString]) -> String {
    command.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn write_reports(args: &Args, verdict: &Verdict) -> Result<(), Failure> {
    if let Some(path) = &args.junit {
        write(path, &junit(verdict).map_err(Failure::own)?)?;
    }
    match &args.json {
        Some(path) => write(path, &format!("{:#}\n", verdict.to_json())),
        None => Ok(()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|why| Failure::own(format!("{}: cannot be written: {why}", path.display())))
}
