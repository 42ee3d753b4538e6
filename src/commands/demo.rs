//! `faultline demo`: the main job in one minute. Scenarios, both arms, a table, one HTML file.

use crate::crew::{bar, each};
use crate::demo::{Original, Played, Stage, case, left_out, play, replay, totals};
use crate::exit::{Bad, Exit, Failure};
use crate::invocation::{command_line, now};
use crate::observe::ObserveArgs;
use crate::output::{complain, print};
use crate::report::ReportFile;
use crate::serving::runtime;
use crate::source::SourceArgs;
use faultline_agent::Mode;
use faultline_dashboards::{Case, Replay, Report, Verdict, render, table};
use faultline_recorder::import;
use faultline_scenarios::{Book, Scenario};
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Also play the recorded event streams (`.es`) of this folder through the agent's SDK.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) observe: ObserveArgs,
    /// Where to write the HTML report.
    #[arg(long, value_name = "FILE", default_value = "faultline-demo.html")]
    report: PathBuf,
    /// Write the report's data as JSON too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// How many runs go on at once: enough to hide waiting, few enough to keep times meaningful on two cores.
const AT_ONCE: usize = 8;

/// Runs the demo.
///
/// # Errors
/// When scenarios or recordings have problems, the server cannot start, or the report cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut book = args.source.book()?;
    let (silent, scenarios) = sorted(&book);
    let originals = add_recordings(&mut book, args.corpus.as_deref())?;
    let (html, data) = (ReportFile::open(&args.report)?, ReportFile::open_some(args.json.as_ref())?);
    let report = runtime()?.block_on(staged(book, scenarios, originals))?;
    print(&text(&report))?;
    print(&silent)?;
    html.write(&render(&report))?;
    if let Some(data) = data {
        data.write(&serde_json::to_string_pretty(&report).map_err(Failure::own)?)?;
    }
    print(&format!("report: {}\n", shown(&args.report)))?;
    Ok(if passed(&report) { Exit::Pass } else { Exit::TestFailed })
}

/// What is not played and why, a line each, and what is.
fn sorted(book: &Book) -> (String, Vec<Arc<Scenario>>) {
    let why = |scenario: &Arc<Scenario>| {
        left_out(scenario).map(|why| format!("  left out: {}: {why}\n", scenario.name))
    };
    let played = book.scenarios.iter().filter(|scenario| left_out(scenario).is_none()).cloned().collect();
    (book.scenarios.iter().filter_map(why).collect(), played)
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
    let on_stage = |scenario| both_arms(stage.clone(), scenario);
    let cases = each(scenarios, AT_ONCE, on_stage, |_| progress.inc(1)).await?;
    let on_stage = |original| replayed(stage.clone(), original);
    let replays = each(originals, AT_ONCE, on_stage, |_| progress.inc(1)).await?;
    progress.finish_and_clear();
    if let Ok(stage) = Arc::try_unwrap(stage) {
        stage.stop().await;
    }
    Ok(report(cases, replays, started.elapsed()))
}

async fn replayed(stage: Arc<Stage>, original: Original) -> Result<Replay, Failure> {
    replay(&stage, &original).await
}

async fn both_arms(stage: Arc<Stage>, scenario: Arc<Scenario>) -> Result<Case, Failure> {
    let unary = arm(&stage, &scenario, Mode::Unary).await?;
    let streaming = arm(&stage, &scenario, Mode::Streaming).await?;
    Ok(case(&scenario, &[unary, streaming]))
}

/// One arm on the common server, or, where the scenario is about connections, on one of its own.
async fn arm(stage: &Stage, scenario: &Arc<Scenario>, mode: Mode) -> Result<Played, Failure> {
    if scenario.file.admission.is_empty() {
        return play(stage, scenario, mode).await;
    }
    let alone = stage.alone(scenario).await?;
    let played = play(&alone, scenario, mode).await;
    alone.stop().await;
    played
}

/// A bar on a terminal, one plain line otherwise.
fn progress(scenarios: usize, recordings: usize) -> ProgressBar {
    bar(scenarios + recordings).unwrap_or_else(|| {
        complain(&format!("scenarios to play: {scenarios}, recordings: {recordings}"));
        ProgressBar::hidden()
    })
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

fn passed(report: &Report) -> bool {
    let cases = report.cases.iter().all(|case| case.verdict() != Verdict::Failed);
    cases && report.replays.iter().all(|replay| replay.identical)
}

/// The whole path, so that it can be clicked.
fn shown(path: &Path) -> String {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
