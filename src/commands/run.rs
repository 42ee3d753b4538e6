//! `faultline run`: scenarios served to one command, and a verdict on what it did.

use crate::ca::CaFile;
use crate::commands::serve::{ServerArgs, runtime};
use crate::endpoint::{UNSET, variables};
use crate::exit::{Exit, Failure};
use crate::output::complain;
use crate::report::ReportFile;
use crate::source::SourceArgs;
use crate::supervise::{Signals, supervise};
use crate::verdict::{CommandEnd, Verdict, junit, text};
use faultline_mock_bedrock::{Listener, MockBedrock, Options, Scripted};
use faultline_scenarios::exchange::Exchange;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::process::{Child, Command};

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
    let brain = args.server.brain(args.source.book_to_serve()?);
    let reports = Reports::open(args)?;
    let verdict = runtime()?.block_on(judged(args, &brain))?;
    complain(&text(&verdict));
    reports.write(&verdict)?;
    Ok(if verdict.passed() { Exit::Pass } else { Exit::TestFailed })
}

async fn judged(args: &Args, brain: &Arc<Scripted>) -> Result<Verdict, Failure> {
    let seen = Seen::default();
    let options = args.server.options(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let options = Options { listeners: vec![keep(&seen)], ..options };
    let signals = Signals::listen()?;
    let server = MockBedrock::start(options, brain.clone()).await?.unverified();
    let url = if args.server.tls { server.https_url() } else { server.url() };
    let ca = CaFile::of(&server, args.server.ca.as_deref())?;
    let child = start(&args.command, &url, ca.as_ref().map(CaFile::path))?;
    let status = supervise(child, signals).await?;
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

/// The files that were asked for.
struct Reports {
    junit: Option<ReportFile>,
    json: Option<ReportFile>,
}

impl Reports {
    fn open(args: &Args) -> Result<Self, Failure> {
        Ok(Self {
            junit: ReportFile::open_some(args.junit.as_ref())?,
            json: ReportFile::open_some(args.json.as_ref())?,
        })
    }

    fn write(self, verdict: &Verdict) -> Result<(), Failure> {
        if let Some(file) = self.junit {
            file.write(&junit(verdict).map_err(Failure::own)?)?;
        }
        self.json.map_or(Ok(()), |file| file.write(&format!("{:#}\n", verdict.to_json())))
    }
}
