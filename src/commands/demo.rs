//! `faultline demo`: the main job in one minute. Scenarios, both arms, a table, one HTML file.

use crate::commands::serve::runtime;
use crate::demo::{Original, Stage, case, play, replay, totals};
use crate::exit::{Bad, Exit, Failure};
use crate::output::{complain, print};
use crate::report::ReportFile;
use crate::source::SourceArgs;
use faultline_agent::Mode;
use faultline_dashboards::{Case, Replay, Report, Verdict, render, table};
use faultline_recorder::import;
use faultline_scenarios::{Book, Scenario};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Also play the recorded event streams (`.es`) of this folder through the agent's SDK.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,
    /// Where to write the HTML report.
    #[arg(long, value_name = "FILE", default_value = "faultline-demo.html")]
    report: PathBuf,
    /// Write the report's data as JSON too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// How many runs go on at once: enough to hide waiting, few enough to keep times meaningful on two cores.
const AT_ONCE: usize = 4;

/// Runs the demo.
///
/// # Errors
/// When scenarios or recordings have problems, the server cannot start, or the report cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut book = args.source.book()?;
    let scenarios = book.scenarios.clone();
    let originals = add_recordings(&mut book, args.corpus.as_deref())?;
    let (html, data) = (ReportFile::open(&args.report)?, ReportFile::open_some(args.json.as_ref())?);
    let report = runtime()?.block_on(staged(book, scenarios, originals))?;
    print(&text(&report))?;
    html.write(&render(&report))?;
    if let Some(data) = data {
        data.write(&serde_json::to_string_pretty(&report).map_err(Failure::own)?)?;
    }
    print(&format!("report: {}\n", shown(&args.report)))?;
    Ok(if passed(&report) { Exit::Pass } else { Exit::TestFailed })
}

/// The table, and every recording that did not arrive as it was recorded.
fn text(report: &Report) -> String {
    let changed = report.replays.iter().filter(|replay| !replay.identical);
    let changed = changed.map(|replay| format!("  ✗ {}: {}\n", replay.id, replay.note));
    format!("{}\n{}", table(report), changed.collect::<String>())
}

fn add_recordings(book: &mut Book, corpus: Option<&Path>) -> Result<Vec<Original>, Failure> {
    let Some(folder) = corpus else { return Ok(Vec::new()) };
    let (recordings, errors) = import::folder(folder);
    if !errors.is_empty() {
        return Err(Failure::Scenarios(errors.into_iter().map(Bad::Recording).collect()));
    }
    if recordings.is_empty() {
        return Err(Failure::usage(format!(
            "{}: no .es recordings in this folder or its folder `es`",
            folder.display()
        )));
    }
    let originals = recordings.iter().map(Original::of).collect();
    book.scenarios.extend(recordings.into_iter().map(|recording| Arc::new(recording.scenario)));
    if let Some(name) = book.duplicates().first() {
        let why = format!("{}: another is called `{name}`, too: rename one", folder.display());
        return Err(Failure::Plain(Exit::BadScenario, why));
    }
    Ok(originals)
}

async fn staged(
    book: Book,
    scenarios: Vec<Arc<Scenario>>,
    originals: Vec<Original>,
) -> Result<Report, Failure> {
    let started = Instant::now();
    let stage = Arc::new(Stage::start(book).await?);
    let progress = progress(scenarios.len(), originals.len());
    let cases = each(scenarios, &stage, &progress, both_arms).await?;
    let replays =
        each(originals, &stage, &progress, |stage, original| async move { replay(&stage, &original).await })
            .await?;
    progress.finish_and_clear();
    if let Ok(stage) = Arc::try_unwrap(stage) {
        stage.stop().await;
    }
    Ok(report(cases, replays, started.elapsed()))
}

async fn both_arms(stage: Arc<Stage>, scenario: Arc<Scenario>) -> Result<Case, Failure> {
    let unary = play(&stage, &scenario, Mode::Unary).await?;
    let streaming = play(&stage, &scenario, Mode::Streaming).await?;
    Ok(case(&scenario, &[unary, streaming]))
}

/// Does `work` for every item, some at once, and gives the results in the order of the items.
async fn each<T, R, F>(
    items: Vec<T>,
    stage: &Arc<Stage>,
    progress: &ProgressBar,
    work: impl Fn(Arc<Stage>, T) -> F,
) -> Result<Vec<R>, Failure>
where
    R: Send + 'static,
    F: Future<Output = Result<R, Failure>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut done = Vec::with_capacity(items.len());
    for (number, item) in items.into_iter().enumerate() {
        if running.len() >= AT_ONCE {
            done.extend(next(&mut running, progress).await?);
        }
        let work = work(stage.clone(), item);
        running.spawn(async move { (number, work.await) });
    }
    while let Some(finished) = next(&mut running, progress).await? {
        done.push(finished);
    }
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

async fn next<R: 'static>(
    running: &mut JoinSet<(usize, Result<R, Failure>)>,
    progress: &ProgressBar,
) -> Result<Option<(usize, R)>, Failure> {
    let Some(joined) = running.join_next().await else { return Ok(None) };
    progress.inc(1);
    let (number, result) = joined.map_err(Failure::own)?;
    Ok(Some((number, result?)))
}

/// A bar on a terminal, one plain line otherwise.
fn progress(scenarios: usize, recordings: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        complain(&format!("scenarios to play: {scenarios}, recordings: {recordings}"));
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed}");
    ProgressBar::new((scenarios + recordings) as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn report(cases: Vec<Case>, replays: Vec<Replay>, elapsed: Duration) -> Report {
    Report {
        title: "faultline demo".to_owned(),
        subtitle: format!(
            "the reference agent through {} scenarios, faultline {}",
            cases.len(),
            env!("CARGO_PKG_VERSION")
        ),
        command: command_line(),
        started: now(),
        totals: totals(&cases, elapsed),
        cases,
        replays,
    }
}

/// How we were called. Arguments need not be text; what is none is shown as well as it can be.
fn command_line() -> String {
    let words = std::env::args_os().skip(1);
    words.fold("faultline".to_owned(), |line, word| format!("{line} {}", word.to_string_lossy()))
}

/// The time as people write it, in UTC.
fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let time =
        aws_sdk_bedrockruntime::primitives::DateTime::from_secs(i64::try_from(since.as_secs()).unwrap_or(0));
    time.fmt(aws_sdk_bedrockruntime::primitives::DateTimeFormat::DateTime).unwrap_or_default()
}

fn passed(report: &Report) -> bool {
    let cases = report.cases.iter().all(|case| case.verdict() != Verdict::Failed);
    cases && report.replays.iter().all(|replay| replay.identical)
}

/// The whole path, so that it can be clicked.
fn shown(path: &Path) -> String {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
