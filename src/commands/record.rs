//! `faultline record`: stands between a client and Bedrock, passes on, and keeps what comes as cassettes.

use crate::ca::CaFile;
use crate::child::{failure, pointed_at, spawn};
use crate::exit::{Exit, Failure};
use crate::output::{complain, counted};
use crate::record::{Misses, Tracks, UpstreamArgs, refreshed, summary};
use crate::redacting::RedactArgs;
use crate::serving::{PlaceArgs, SocketArgs, runtime, until_stopped};
use crate::shell::line;
use crate::source::book_of_cassettes;
use crate::supervise::{Signals, supervise};
use crate::telemetry::listeners;
use crate::values::speed;
use faultline_mock_bedrock::{MockBedrock, Options};
use faultline_recorder::redact::Redactor;
use faultline_recorder::store::Store;
use faultline_recorder::{Mode, Recorder, Settings};
use faultline_scenarios::file::Provenance;
use faultline_scenarios::{Scenario, Speed};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What to record, from where, into what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of cassettes; a test that names itself has a folder of its own in it.
    #[arg(value_name = "FOLDER", default_value = "cassettes")]
    folder: PathBuf,
    /// replay: cassettes alone answer; record: all is passed on and kept; record-missing: what no cassette is for is
    /// passed on and kept; refresh: as record, and what drifted is told; spy: what no cassette is for is passed on,
    /// nothing is written.
    #[arg(long, env = "FAULTLINE_MODE", default_value_t = Mode::Record)]
    mode: Mode,
    #[command(flatten)]
    upstream: UpstreamArgs,
    #[command(flatten)]
    redact: RedactArgs,
    /// How fast cassettes are played: `max` waits for nothing, `2x` is twice as fast.
    #[arg(long, value_name = "SPEED", value_parser = speed, default_value = "1x")]
    speed: Speed,
    #[command(flatten)]
    socket: SocketArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// A command; its environment points every client at us, and we stop when it ends. None: until stopped.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Records.
///
/// # Errors
/// When cassettes have problems, the upstream cannot be set up, the folder cannot be written, or the command cannot be
/// started.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    runtime()?.block_on(recorded(args))
}

/// What a recording is made with, and what became of it.
struct Session {
    recorder: Arc<Recorder>,
    region: Option<String>,
    /// The cassettes that were there.
    before: Vec<Arc<Scenario>>,
    redactor: Arc<Redactor>,
    tracks: Tracks,
    misses: Misses,
}

async fn recorded(args: &Args) -> Result<Exit, Failure> {
    let session = prepared(args).await?;
    let options = Options {
        listeners: listeners(vec![session.misses.listener()]),
        ..args.place.options(&args.socket)?
    };
    let failed = if args.command.is_empty() {
        let headline = headline(args, &session);
        until_stopped(options, session.recorder.clone(), &args.place, &headline, session.before.len())
            .await?;
        None
    } else {
        beside(args, options, &session).await?
    };
    let Session { recorder, before, redactor, tracks, misses, .. } = session;
    // Clients that ended with their last frame do not wait for what is written after it.
    let _ = tokio::time::timeout(SETTLE, recorder.settled()).await;
    let tally = recorder.tally();
    let mut said = summary(args.mode, &args.folder, tally, &tracks, &redactor, &misses);
    if args.mode == Mode::Refresh {
        said.extend(refreshed(&before, &args.folder, &tracks.written())?);
    }
    said.iter().chain(&failed).for_each(|line| complain(line));
    Ok(match (tracks.lost(), failed) {
        (1.., _) => Exit::OwnFailure,
        (0, Some(_)) => Exit::TestFailed,
        (0, None) if misses.count() > 0 => Exit::TestFailed,
        (0, None) => Exit::Pass,
    })
}

async fn prepared(args: &Args) -> Result<Session, Failure> {
    let Args { mode, ref folder, .. } = *args;
    let (redactor, tracks) = (args.redact.redactor()?, Tracks::default());
    let mut from = Provenance { by: Some(BY.to_owned()), ..Provenance::default() };
    let mut upstream = None;
    if mode.forwards() {
        let at_once = matches!(mode, Mode::Record | Mode::Refresh);
        let found = args.upstream.open(at_once).await?;
        (from.region, from.upstream) = (Some(found.region), found.named);
        upstream = Some(found.upstream);
    }
    let store = mode.writes().then(|| Store::open(folder, tracks.told()).map(Arc::new));
    let store = store.transpose().map_err(Failure::own)?;
    let (book, files) = book_of_cassettes(folder, args.speed)?;
    let (region, before) = (from.region.clone(), book.scenarios.clone());
    let clock = Arc::new(SystemTime::now);
    let settings = Settings { mode, book, files, upstream, store, redactor: redactor.clone(), from, clock };
    let recorder = Arc::new(Recorder::new(settings).map_err(Failure::usage)?);
    Ok(Session { recorder, region, before, redactor, tracks, misses: Misses::default() })
}

/// How long exchanges may go on once everybody has left.
const SETTLE: Duration = Duration::from_secs(5);

/// Who records, as cassettes say it.
const BY: &str = concat!("faultline ", env!("CARGO_PKG_VERSION"));

fn headline(args: &Args, session: &Session) -> String {
    let folder = args.folder.display();
    let held = counted(session.before.len(), "cassette");
    match args.mode {
        Mode::Replay => format!("faultline replays {held} of {folder}"),
        Mode::Spy => format!("faultline spies, with {held} of {folder},"),
        mode => format!("faultline records into {folder} ({mode}, {held} there)"),
    }
}

/// Records while the command runs; how it failed.
async fn beside(args: &Args, options: Options, session: &Session) -> Result<Option<String>, Failure> {
    let signals = Signals::listen()?;
    let server = MockBedrock::start(options, session.recorder.clone()).await?.unverified();
    let url = if args.socket.tls { server.https_url() } else { server.url() };
    let ca = CaFile::of(&server, args.socket.ca.as_deref())?;
    let mut command = pointed_at(&args.command, &url, ca.as_ref().map(CaFile::path))?;
    // Programs that choose an inference profile by region must choose the upstream's.
    let region = session.region.as_ref();
    command.envs(
        region.into_iter().flat_map(|region| ["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, region))),
    );
    let status = supervise(spawn(command)?, signals).await?;
    server.stop().await;
    Ok(failure(status).map(|how| format!("`{}` failed with {how}", line(&args.command))))
}
