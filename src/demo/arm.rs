//! One scenario in one arm: the reference agent sends the scenario's prompts.

use super::stage::Stage;
use crate::agent::toolbox;
use crate::exit::Failure;
use faultline_agent::{Agent, AgentConfig, AgentError, Answer, Conversation, Mode, RunStats};
use faultline_scenarios::Scenario;
use faultline_scenarios::exchange::Exchange;
use std::sync::Arc;
use std::time::Duration;

/// The model that is asked where a scenario names none.
const MODEL: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";

/// How long the agent waits for an event before it calls a stream dead.
const PATIENCE: Duration = Duration::from_secs(3);

/// What became of one run.
pub(crate) struct Played {
    /// The arm.
    pub(crate) mode: Mode,
    /// The answer to the last prompt, or the error that ended the run.
    pub(crate) result: Result<Answer, AgentError>,
    /// The statistics of each prompt.
    pub(crate) stats: Vec<RunStats>,
    /// What the server saw.
    pub(crate) exchanges: Vec<Arc<Exchange>>,
    /// Whether something was done to a connection: then there may be no request at all.
    pub(crate) hindered: bool,
}

/// Plays `scenario` in one arm.
///
/// # Errors
/// When the agent cannot be set up; what the agent reports is a result, not an error.
pub(crate) async fn play(stage: &Stage, scenario: &Scenario, mode: Mode) -> Result<Played, Failure> {
    let session = session(scenario, mode);
    let config = AgentConfig { mode, event_timeout: Some(PATIENCE), ..AgentConfig::new(model(scenario)) };
    let agent = Agent::new(stage.client(&session)?, config, toolbox()?);
    let (result, stats) = converse(&agent, prompts(scenario)).await;
    let exchanges = stage.exchanges(&session).await;
    Ok(Played { mode, result, stats, exchanges, hindered: stage.has_hindered() })
}

async fn converse(agent: &Agent, prompts: Vec<&str>) -> (Result<Answer, AgentError>, Vec<RunStats>) {
    let mut conversation = Conversation::new();
    let mut stats = Vec::new();
    let mut prompts = prompts.into_iter().peekable();
    loop {
        let prompt = prompts.next().unwrap_or("Hello.");
        let result = agent.run(&mut conversation, prompt, &mut |_| {}).await;
        stats.push(
            result.as_ref().map_or_else(|error| error.partial.stats.clone(), |answer| answer.stats.clone()),
        );
        if result.is_err() || prompts.peek().is_none() {
            return (result, stats);
        }
    }
}

fn prompts(scenario: &Scenario) -> Vec<&str> {
    scenario.file.prompt.as_ref().map(|prompt| prompt.all()).unwrap_or_default()
}

fn model(scenario: &Scenario) -> &str {
    scenario.file.model.as_deref().unwrap_or(MODEL)
}

/// Bound to the scenario by its name, and apart from the other arm.
fn session(scenario: &Scenario, mode: Mode) -> String {
    let arm = match mode {
        Mode::Unary => "unary",
        Mode::Streaming => "streaming",
    };
    format!("{}@{arm}", scenario.name)
}
