//! Where an agent meets a scenario: a server, a run, and what was seen of both.

use super::arrivals::Arrivals;
use super::ask::Ask;
use super::folder::Folder;
use super::ground::{Ground, settle};
use super::hasten::hastened;
use super::launch::with_advice;
use super::service::Service;
use super::stop::Stop;
use super::swap::Swap;
use crate::ca::CaFile;
use crate::exit::Failure;
use crate::seen::Seen;
use crate::telemetry::listeners;
use crate::toolbox::serve;
use faultline_mock_bedrock::{MockBedrock, Options, Responder, Scripted, ToolServer};
use faultline_scenarios::admission::AdmissionKind;
use faultline_scenarios::cast::Casting;
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::run_end::RunEnd;
use faultline_scenarios::seed::Seed;
use faultline_scenarios::tool_stub::ToolStub;
use faultline_scenarios::{Book, Scenario, Speed};
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a server waits for answers that nobody reads any more.
const GRACE: Duration = Duration::from_millis(100);

/// The agent under test.
#[derive(Debug)]
pub(crate) enum Agent {
    /// A command, started for each scenario.
    Command(Vec<OsString>),
    /// A service that runs already, and the one server that it knows.
    Service(Box<Service>, Known),
}

/// The server that a service knows.
pub(crate) struct Known {
    server: MockBedrock,
    brain: Arc<Swap>,
    seen: Seen,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Known").field(&self.server.addr()).finish()
    }
}

impl Known {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot start.
    pub(crate) async fn start(port: u16) -> Result<Self, Failure> {
        let (seen, brain) = (Seen::default(), Arc::new(Swap::default()));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let options = Options {
            address,
            listeners: listeners(vec![seen.listener()]),
            grace: GRACE,
            ..Options::default()
        };
        let server = MockBedrock::start(options, brain.clone()).await?.unverified();
        Ok(Self { server, brain, seen })
    }

    /// The endpoint.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }
}

/// How scenarios are played.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// How fast pauses go by.
    pub(crate) speed: Speed,
    /// Real time that a run may take.
    pub(crate) limit: Duration,
    /// The model that the agent is told of, instead of the scenario's.
    pub(crate) model: Option<String>,
    /// What sentinels are drawn from.
    pub(crate) seed: u64,
}

/// An agent and everything that its runs need.
pub(crate) struct Bench {
    /// Who is tested.
    pub(crate) agent: Agent,
    /// How.
    pub(crate) manner: Manner,
    /// Where it may write.
    pub(crate) folder: Folder,
    /// Who wants us to stop.
    pub(crate) stop: Stop,
}

/// What was seen of one run.
#[derive(Debug)]
pub(crate) struct Trial {
    /// What was played.
    pub(crate) scenario: Arc<Scenario>,
    /// How the agent ended.
    pub(crate) end: RunEnd,
    /// What arrived and was answered, in the order of the requests.
    pub(crate) exchanges: Vec<Arc<Exchange>>,
    /// Requests for no operation.
    pub(crate) strays: Vec<String>,
    /// How often each call of the scenario's own tools had its effect: toolUseId or idempotency key, and count.
    pub(crate) effects: Vec<(String, u64)>,
    /// Whether the agent has asked for the list of these tools, or called one.
    pub(crate) met: bool,
    /// The word at the end of the last answer.
    pub(crate) sentinel: String,
}

impl Bench {
    /// Plays one scenario; `None` when we were asked to stop.
    ///
    /// # Errors
    /// When the server or the command cannot start.
    pub(crate) async fn play(&self, scenario: &Arc<Scenario>) -> Result<Option<Trial>, Failure> {
        if self.stop.is_asked() {
            return Ok(None);
        }
        let speed = if scenario.file.real_time { Speed::Written } else { self.manner.speed };
        let scenario = hastened(scenario, speed);
        let sentinel = sentinel(self.manner.seed, &scenario.name);
        let cast = Some(Casting { sentinel: sentinel.clone() });
        let book = Book { scenarios: vec![scenario.clone()], speed, cast, ..Book::default() };
        let arrivals = Arrivals::default();
        let brain = arrivals.counting(Arc::new(Scripted::new(book)));
        let tools = tool_server(&scenario, speed)?;
        let url = tools.as_ref().map(ToolServer::url);
        let seen = match &self.agent {
            Agent::Command(words) => self.alone(words, &scenario, (brain, arrivals), url).await?,
            Agent::Service(service, known) => {
                self.known(service, known, &scenario, (brain, arrivals)).await?
            }
        };
        Ok(seen.map(|(end, exchanges, strays)| {
            let tools = tools.as_ref().map(ToolServer::stub);
            let (effects, met) =
                (tools.map(effects).unwrap_or_default(), tools.is_some_and(ToolStub::was_met));
            Trial { scenario, end, exchanges, strays, effects, met, sentinel }
        }))
    }

    fn ask(&self, scenario: &Scenario) -> Ask {
        Ask::of(scenario, self.manner.model.as_deref(), self.manner.limit)
    }

    async fn alone(
        &self,
        words: &[OsString],
        scenario: &Scenario,
        (brain, arrivals): (Arc<dyn Responder>, Arrivals),
        tools: Option<String>,
    ) -> Result<Option<Told>, Failure> {
        let seen = Seen::default();
        let tls = scenario.file.admission.iter().any(|admission| admission.kind == AdmissionKind::UnknownCa);
        let admission = scenario.file.admission.clone();
        let listeners = listeners(vec![seen.listener()]);
        let options = Options { listeners, admission, tls, grace: GRACE, ..Options::default() };
        let server =
            MockBedrock::start(options, brain).await.map_err(|why| with_advice(why.into()))?.unverified();
        let ca = CaFile::of(&server, None)?;
        let url = if tls { server.https_url() } else { server.url() };
        let report = Some(self.folder.file(&scenario.name));
        let ask = Ask { report, tools, state: self.state(scenario)?, ..self.ask(scenario) };
        let ground = Ground::Command { words, url: &url, ca: ca.as_ref().map(CaFile::path) };
        let end = ground.run(ask, scenario.file.interrupt, &arrivals, &self.stop).await?;
        settle(&server).await;
        let strays = server.unknown_requests();
        server.stop().await;
        Ok(end.map(|end| (end, seen.all(), strays)))
    }

    async fn known(
        &self,
        service: &Service,
        known: &Known,
        scenario: &Scenario,
        (brain, arrivals): (Arc<dyn Responder>, Arrivals),
    ) -> Result<Option<Told>, Failure> {
        known.brain.play(brain);
        known.server.reset(None);
        known.seen.forget();
        let (ground, interrupt) = (Ground::Service(service, &known.server), scenario.file.interrupt);
        let Some(end) = ground.run(self.ask(scenario), interrupt, &arrivals, &self.stop).await? else {
            return Ok(None);
        };
        Ok(Some((end, known.seen.all(), known.server.unknown_requests())))
    }

    /// Where an agent that is started a second time finds what it has kept.
    fn state(&self, scenario: &Scenario) -> Result<Option<PathBuf>, Failure> {
        let resumes = scenario.file.interrupt.is_some_and(|interrupt| interrupt.resume);
        resumes.then(|| self.folder.folder(&scenario.name)).transpose()
    }
}

/// The scenario's own tools, served for one run.
fn tool_server(scenario: &Scenario, speed: Speed) -> Result<Option<ToolServer>, Failure> {
    let tools = scenario.file.tools.clone();
    if tools.is_empty() {
        return Ok(None);
    }
    let stub = ToolStub::new(tools, &Seed::new(scenario.file.seed), speed);
    serve(Arc::new(stub), 0).map(Some)
}

fn effects(stub: &ToolStub) -> Vec<(String, u64)> {
    stub.effects().into_iter().map(|effect| (effect.key, effect.count)).collect()
}

/// How the agent ended, what arrived, and what arrived astray.
type Told = (RunEnd, Vec<Arc<Exchange>>, Vec<String>);

/// A word that no model would say by chance: letters and digits, so that nothing breaks or marks it up.
fn sentinel(seed: u64, scenario: &str) -> String {
    let token = Seed::new(seed).of("sentinel").of(scenario).token(32);
    let plain: String = token.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    format!("faultline{}", plain.to_lowercase())
}
