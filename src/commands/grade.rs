//! `faultline grade`: any agent through the field's failures, and a report card.

use crate::crew::each;
use crate::exit::{Exit, Failure};
use crate::grade::{
    Agent, Baseline, Bench, FileArgs, Folder, Known, Manner, Progress, Replay, Service, Stop, calibrate,
    fails_in_tools_alone, judged, pick, skipped, succeeds,
};
use crate::invocation::{command_line, now};
use crate::observe::ObserveArgs;
use crate::output::{complain, print};
use crate::report::ReportFile;
use crate::serving::runtime;
use crate::shell::{line, quoted};
use crate::source::scenarios;
use crate::supervise::Signals;
use crate::values::{span, speed};
use faultline_dashboards::card::{Calibration, Card, Graded, Paint, text};
use faultline_scenarios::{Scenario, Speed};
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a service is told, unless it wants something else.
const BODY: &str = r#"{"prompt": "{prompt}"}"#;

/// What a user must know, below the options.
const HOW: &str = "\
The command is started once for each scenario, with an environment that points every client at faultline.
  prompt   in FAULTLINE_PROMPT, on standard input (a line for each prompt of a conversation, then its end), and where
           {prompt} stands in the command
  answer   standard output; exit code 0 says \"a complete answer\", any other \"I failed\", with the error on standard
           error
  more     FAULTLINE_SCENARIO, FAULTLINE_MODEL; FAULTLINE_REPORT, a file for JSON about the run ({\"usage\": […]});
           FAULTLINE_TOOLS_URL and FAULTLINE_MCP_URL (see below)
  tools    a scenario may have tools of its own, which fail on purpose. An agent that takes part offers them instead of
           its own: over HTTP it reads their list at GET $FAULTLINE_TOOLS_URL/tools (name, description, inputSchema) and
           calls one by POST $FAULTLINE_TOOLS_URL/tools/NAME with the input as JSON and the header x-tool-use-id; or it
           takes $FAULTLINE_MCP_URL as an MCP server (streamable HTTP). Where there are none, both are not set. For an
           agent that does not take part, scenarios in which only tools fail are skipped

The grade is the share of exercised scenarios that passed, rounded down: A+ is all of them, A from 95 %, B from 85, C from
70, D from 50, F below. A scenario that an agent does not get to (no tools, no streams) is skipped and does not count.
Of a scenario's expectation, `expect.calls` and `expect.text` are for `run` and `demo`: agents differ in both.

Exit codes: 0 passed, 1 the agent failed, 2 the agent cannot be graded or the command line is wrong, 3 a scenario has
problems, 4 faultline itself failed or was interrupted: what was graded until then is printed and written all the same,
marked as interrupted; a baseline is not.";

/// Whom to grade, with what.
#[derive(Debug, clap::Args)]
#[command(after_help = HOW)]
pub(crate) struct Args {
    /// Scenario files or folders of them. None: the built-in library.
    paths: Vec<PathBuf>,
    /// Only these: a group, a scenario or the id of a failure; repeat it, or part by commas.
    #[arg(long, value_name = "GROUP|NAME|ID", value_delimiter = ',')]
    only: Vec<String>,
    #[command(flatten)]
    pub(crate) observe: ObserveArgs,
    /// How many runs go on at once; default: four for each core, at most eight, since agents mostly wait.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Real time that one run may take, and a service to be there.
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "30s")]
    time_limit: Duration,
    /// How fast pauses and finite stalls go by.
    #[arg(long, value_name = "SPEED", value_parser = speed, default_value = "20x")]
    speed: Speed,
    /// Also play the scenarios whose point is waiting, in real time.
    #[arg(long)]
    slow: bool,
    /// The share of exercised scenarios that must pass, percent.
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "100")]
    threshold: f64,
    /// Known failures, `scenario: reason` as YAML or JSON: they are accepted, and any other failure fails the run.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write such a file with this run's failures.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    files: FileArgs,
    /// The seed of every scenario, instead of its own.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The model id in FAULTLINE_MODEL, instead of each scenario's own.
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// An agent that is a service: each prompt is posted there as JSON, the body is the answer, 2xx says "complete".
    #[arg(long, conflicts_with_all = ["command", "jobs"])]
    url: Option<String>,
    /// What is posted, with `{prompt}` where the prompt goes.
    #[arg(long, value_name = "TEMPLATE", requires = "url", default_value = BODY)]
    url_body: String,
    /// The port that the service finds faultline at; 0 takes a free one and waits for the service to start.
    #[arg(long, requires = "url", default_value_t = 0)]
    port: u16,
    /// The agent's command.
    #[arg(last = true, required_unless_present = "url", value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "write a number from 0 to 100".to_owned())
}

/// Grades the agent.
///
/// # Errors
/// When a scenario or the baseline has problems, the agent cannot be started or reached, or a report cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let library = args.library()?;
    let picked = pick(&library, &args.only).map_err(Failure::usage)?;
    let baseline = args.baseline()?;
    let files = args.files.open()?;
    let mut card = runtime()?.block_on(graded(args, picked))?;
    if let Some(baseline) = &baseline {
        baseline.mark(&mut card.results);
        card.outdated = baseline.outdated(&card.results, &library.iter().map(|one| &*one.name).collect());
    }
    card.success = card.interrupted.is_none() && succeeds(&card, baseline.is_some());
    print(&text(&card, paint()))?;
    files.write(&card)?;
    if card.interrupted.is_some() {
        return Ok(interrupted(&card, args.write_baseline.is_some()));
    }
    if let Some(path) = &args.write_baseline {
        let renewed = baseline.unwrap_or_default().renewed(&card.results);
        ReportFile::open(path)?.write(&renewed.to_text())?;
    }
    Ok(if card.success { Exit::Pass } else { Exit::TestFailed })
}

/// Colours where a person reads, unless `NO_COLOR` is there and not empty (no-color.org).
fn paint() -> Paint {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Paint::new(!unwanted && std::io::stdout().is_terminal())
}

/// Says how much of an interrupted run there is. Half a baseline would make known failures new ones: none is written.
fn interrupted(card: &Card, baseline: bool) -> Exit {
    let tally = card.tally();
    let graded = match tally.exercised() {
        0 => "nothing is graded".to_owned(),
        all => {
            format!("{all} of {} scenarios are graded", all + tally.skipped + card.interrupted.unwrap_or(0))
        }
    };
    let baseline = if baseline { ", and no baseline is written" } else { "" };
    complain(&format!("faultline: interrupted: {graded}{baseline}"));
    Exit::OwnFailure
}

async fn graded(args: &Args, picked: Vec<Arc<Scenario>>) -> Result<Card, Failure> {
    let (wish, stop) = Stop::new();
    let mut signals = Signals::listen()?;
    tokio::spawn(async move {
        signals.next().await;
        // Whoever does not listen has stopped.
        let _ = wish.send(true);
        // Signals that follow are taken and change nothing: every run ends within seconds, and leaves nothing behind.
        loop {
            signals.next().await;
        }
    });
    let agent = args.agent(&stop).await?.ok_or_else(too_early)?;
    let started = Instant::now();
    let bench = Arc::new(Bench { agent, manner: args.manner(), folder: Folder::create()?, stop });
    let calibration = calibrate(&bench).await?.ok_or_else(too_early)?;
    complain(&format!("faultline: {}", calibration.sentence()));
    let all = picked.len();
    let results = results(args, &bench, picked, calibration.printed).await?;
    let left = all - results.len();
    let card = args.card(calibration, results, started.elapsed());
    Ok(Card { interrupted: (left > 0).then_some(left), ..card })
}

fn too_early() -> Failure {
    Failure::own("interrupted: nothing is graded")
}

/// The judgements; fewer than scenarios where we were asked to stop.
async fn results(
    args: &Args,
    bench: &Arc<Bench>,
    picked: Vec<Arc<Scenario>>,
    printed: usize,
) -> Result<Vec<Graded>, Failure> {
    let (progress, replay) = (Progress::new(picked.len()), args.replay());
    let work = |scenario: Arc<Scenario>| {
        let (bench, why, replay) = (bench.clone(), args.left_out(&scenario), replay.of(&scenario));
        async move {
            let graded = match why {
                Some(why) => Some(skipped(&scenario, why)),
                None => bench.play(&scenario).await?.map(|trial| judged(trial, printed)),
            };
            Ok(graded.map(|graded| Graded { replay, ..graded }))
        }
    };
    let results = each(picked, args.jobs(), work, |graded| progress.tell(graded.as_ref())).await;
    progress.end();
    Ok(results?.into_iter().flatten().collect())
}

impl Args {
    fn library(&self) -> Result<Vec<Arc<Scenario>>, Failure> {
        let mut scenarios = scenarios(&self.paths)?;
        if let Some(seed) = self.seed {
            scenarios.iter_mut().for_each(|scenario| scenario.file.seed = seed);
        }
        Ok(scenarios.into_iter().map(Arc::new).collect())
    }

    fn baseline(&self) -> Result<Option<Baseline>, Failure> {
        let Some(path) = &self.baseline else { return Ok(None) };
        let bad = |why: String| Failure::usage(format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|why| bad(format!("cannot be read: {why}")))?;
        Baseline::parse(&text).map(Some).map_err(bad)
    }

    /// Who is tested; `None` when we were asked to stop before it was there.
    async fn agent(&self, stop: &Stop) -> Result<Option<Agent>, Failure> {
        let Some(url) = &self.url else { return Ok(Some(Agent::Command(self.command.clone()))) };
        let service = Service::at(url, &self.url_body)?;
        let known = Known::start(self.port).await?;
        complain(&format!(
            "faultline: serving at {endpoint}; waiting for the agent at {url}. Start it with:\n  eval \"$(faultline env {endpoint})\"",
            endpoint = known.url()
        ));
        let up = service.up(self.time_limit, stop.clone()).await?;
        Ok(up.then_some(Agent::Service(Box::new(service), known)))
    }

    fn manner(&self) -> Manner {
        Manner {
            speed: self.speed,
            limit: self.time_limit,
            model: self.model.clone(),
            seed: self.seed.unwrap_or_default(),
        }
    }

    fn jobs(&self) -> usize {
        if self.url.is_some() {
            return 1;
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or((4 * cores).min(8), usize::from)
    }

    /// Why a scenario is not played, if it is not.
    fn left_out(&self, scenario: &Scenario) -> Option<&'static str> {
        if scenario.file.real_time && !self.slow {
            return Some("it waits in real time: --slow plays it");
        }
        if self.url.is_some() && fails_in_tools_alone(scenario) {
            return Some("its tools are served anew for it, where a service that runs already does not look");
        }
        (self.url.is_some() && !scenario.file.admission.is_empty())
            .then_some("it needs a server of its own, which a service that runs already does not know")
    }

    fn who(&self) -> String {
        self.url.clone().unwrap_or_else(|| line(&self.command))
    }

    fn replay(&self) -> Replay {
        let agent = match &self.url {
            Some(url) if self.url_body == BODY => format!("--url {} --port {}", quoted(url), self.port),
            Some(url) => {
                let (url, body) = (quoted(url), quoted(&self.url_body));
                format!("--url {url} --url-body {body} --port {}", self.port)
            }
            None => format!("-- {}", line(&self.command)),
        };
        Replay { paths: self.paths.clone(), manner: self.manner(), seed: self.seed, agent }
    }

    fn card(&self, calibration: Calibration, results: Vec<Graded>, elapsed: Duration) -> Card {
        Card {
            agent: self.who(),
            command: command_line(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: now(),
            elapsed_ms: elapsed.as_secs_f64() * 1e3,
            calibration,
            threshold: self.threshold,
            results,
            ..Card::default()
        }
    }
}
