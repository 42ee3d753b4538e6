//! `faultline run`: scenarios served to one command, and a verdict on what it did.

use crate::ca::CaFile;
use crate::child::{failure, pointed_at, spawn};
use crate::commands::review::difference;
use crate::commands::serve::{ServerArgs, admission};
use crate::exit::{Exit, Failure};
use crate::observe::ObserveArgs;
use crate::output::complain;
use crate::report::ReportFile;
use crate::seen::Seen;
use crate::serving::runtime;
use crate::shell::line;
use crate::snapshots::{Compared, Store, sessions};
use crate::source::SourceArgs;
use crate::supervise::{Signals, supervise};
use crate::telemetry::listeners;
use crate::toolbox::{self, gather};
use crate::verdict::{CommandEnd, Verdict, junit, text};
use faultline_mock_bedrock::{MockBedrock, Options, Scripted, ToolServer};
use faultline_scenarios::Book;
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::seed::Seed;
use faultline_scenarios::tool_stub::ToolStub;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to run against what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    pub(crate) observe: ObserveArgs,
    /// Write the verdict as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the verdict as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Compare what is sent and answered with the snapshots in this folder, one file a session; what is new or differs
    /// fails the run and waits for `faultline review`.
    #[arg(long, value_name = "DIR")]
    snapshots: Option<PathBuf>,
    /// The command; its environment points every client at the server. Where a scenario has `tools`, they are served at
    /// FAULTLINE_TOOLS_URL, and as an MCP server at FAULTLINE_MCP_URL.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command and judges it.
///
/// # Errors
/// When a scenario has problems, the server cannot start, the command cannot be started, or a report cannot be
/// written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let brain = args.server.brain(args.source.book_to_serve()?);
    let reports = Reports::open(args)?;
    let store = args.snapshots.as_deref().map(Store::open).transpose()?;
    let (mut verdict, exchanges) = runtime()?.block_on(judged(args, &brain))?;
    if let Some(store) = store {
        let compared = store.compare(&sessions(&exchanges))?;
        verdict.undecided = compared.pending.len();
        verdict.problems.extend(unlike(&compared));
        compared.unreached.iter().for_each(|path| complain(&unreached(path)));
    }
    complain(&text(&verdict));
    reports.write(&verdict)?;
    Ok(if verdict.passed() { Exit::Pass } else { Exit::TestFailed })
}

async fn judged(args: &Args, brain: &Arc<Scripted>) -> Result<(Verdict, Vec<Arc<Exchange>>), Failure> {
    let seen = Seen::default();
    let options = args.server.socket.options(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let admission = admission(brain.book())?;
    let cassettes = Some(args.server.reader(args.source.speed) as _);
    let options = Options { admission, cassettes, listeners: listeners(vec![seen.listener()]), ..options };
    let signals = Signals::listen()?;
    let server = MockBedrock::start(options, brain.clone()).await?.unverified();
    let url = if args.server.socket.tls { server.https_url() } else { server.url() };
    let ca = CaFile::of(&server, args.server.socket.ca.as_deref())?;
    let tools = tools(args, brain.book())?;
    let mut command = pointed_at(&args.command, &url, ca.as_ref().map(CaFile::path))?;
    command.envs(tools.iter().flat_map(|tools| toolbox::variables(&tools.url())));
    let status = supervise(spawn(command)?, signals).await?;
    tools.iter().flat_map(|tools| toolbox::effects(tools.stub())).for_each(|line| complain(&line));
    let strays = server.unknown_requests();
    server.stop().await;
    let exchanges = seen.all();
    let failure = failure(status).map(|how| format!("failed with {how}"));
    let command = CommandEnd { command: line(&args.command), failure };
    let verdict = Verdict::new(command, &exchanges, &brain.unmet(&exchanges), &strays);
    Ok((verdict, exchanges))
}

/// The scenarios' own tools, served for this run. Where two scenarios script one tool there are none: a call does not say
/// which of them it belongs to. Of the built-in library nobody expects that, so there nothing is said.
fn tools(args: &Args, book: &Book) -> Result<Option<ToolServer>, Failure> {
    let tools = match gather(&book.scenarios) {
        Ok(tools) if tools.is_empty() => return Ok(None),
        Ok(tools) => tools,
        Err(clash) => {
            if !args.source.paths.is_empty() {
                complain(&format!("faultline: no scripted tools are served: {clash}; run one of them"));
            }
            return Ok(None);
        }
    };
    let seed = book.scenarios.first().map_or(0, |scenario| scenario.file.seed);
    let stub = ToolStub::new(tools, &Seed::new(seed), book.speed);
    toolbox::serve(Arc::new(stub), 0).map(Some)
}

/// The snapshots that are not as accepted, each with its difference.
fn unlike(compared: &Compared) -> Vec<String> {
    let pending = compared.pending.iter().map(|pending| {
        let old = pending.old.as_deref().unwrap_or_default();
        let what = if pending.old.is_some() { "differs" } else { "is new" };
        let path = pending.path.display();
        let difference = difference(&pending.path, old, &pending.new);
        format!(
            "snapshot {path} {what}: accept it with `faultline review` or `cargo insta review`\n{difference}"
        )
    });
    pending.collect()
}

/// No failure: a part of a suite reaches a part of its snapshots.
fn unreached(path: &Path) -> String {
    format!("faultline: snapshot {}: nothing in this run belongs to it", path.display())
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
