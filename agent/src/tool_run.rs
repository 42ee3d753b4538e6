//! Runs the tool calls of one message: side by side, bounded, each ending in a result for the model.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::task::{Id, JoinError, JoinSet};

use crate::config::AgentConfig;
use crate::events::AgentEvent;
use crate::history::Call;
use crate::run::Run;
use crate::stats::ToolStatus;
use crate::tool_outcome::ToolOutcome;
use crate::tools::{Tool, ToolError, ToolOutput, Toolbox};

/// How much of a bad input is quoted back to the model, in characters.
const QUOTED: usize = 400;

/// Runs all calls, at most `tool_concurrency` at once. Outcomes come in the order of the calls, whichever ends first.
/// Dropping the future aborts the tools that run.
pub(crate) async fn run_all(
    toolbox: &Toolbox,
    calls: &[Call],
    config: &AgentConfig,
    run: &mut Run<'_>,
) -> Vec<ToolOutcome> {
    let mut outcomes: Vec<Option<ToolOutcome>> = vec![None; calls.len()];
    let mut waiting = VecDeque::new();
    for (at, call) in calls.iter().enumerate() {
        match admit(toolbox, call) {
            Ok(admitted) => waiting.push_back((at, admitted)),
            Err(message) => outcomes[at] = Some(finish(run, call, Err(message), false)),
        }
    }
    let mut running = JoinSet::new();
    let mut places: HashMap<Id, usize> = HashMap::new();
    loop {
        while running.len() < config.tool_concurrency.max(1)
            && let Some((at, admitted)) = waiting.pop_front()
        {
            announce(run, &calls[at]);
            places.insert(running.spawn(admitted.run(config.tool_timeout)).id(), at);
        }
        let Some(joined) = running.join_next_with_id().await else { break };
        let (id, result) = unjoin(joined);
        if let Some(at) = places.remove(&id) {
            outcomes[at] = Some(finish(run, &calls[at], result, true));
        }
    }
    // Every call was refused or joined; this keeps one result per call whatever happens.
    let lost =
        || ToolOutcome { result: Err("The tool call was lost.".to_owned()), status: ToolStatus::Failed };
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(lost)).collect()
}

/// A call that may run.
struct Admitted {
    tool: Arc<dyn Tool>,
    input: Map<String, Value>,
}

/// The call's tool and input, or what the model is told instead.
fn admit(toolbox: &Toolbox, call: &Call) -> Result<Admitted, String> {
    let Some(tool) = toolbox.find(&call.name) else {
        let names: Vec<_> = toolbox.names().collect();
        return Err(format!("There is no tool named {:?}. The tools are: {}.", call.name, names.join(", ")));
    };
    match &call.input {
        Ok(input) => Ok(Admitted { tool: Arc::clone(tool), input: input.clone() }),
        Err(bad) => {
            let quoted: String = bad.raw.chars().take(QUOTED).collect();
            let wanted = "The tool was not run. Its input must be a JSON object, but";
            Err(format!("{wanted} {}. The input was: {quoted}", bad.why))
        }
    }
}

impl Admitted {
    async fn run(self, limit: Option<Duration>) -> Result<ToolOutput, ToolError> {
        let Some(limit) = limit else { return self.tool.run(&self.input).await };
        match tokio::time::timeout(limit, self.tool.run(&self.input)).await {
            Ok(result) => result,
            Err(_) => Err(ToolError(format!("The tool gave no result within {limit:?} and was stopped."))),
        }
    }
}

type Joined = Result<(Id, Result<ToolOutput, ToolError>), JoinError>;

/// A panic in a tool is that tool's failure, not the agent's.
fn unjoin(joined: Joined) -> (Id, Result<ToolOutput, String>) {
    match joined {
        Ok((id, result)) => (id, result.map_err(|error| in_words(&error.0))),
        Err(error) => (error.id(), Err("The tool failed: it panicked.".to_owned())),
    }
}

/// Bedrock refuses an error result without content.
fn in_words(message: &str) -> String {
    if message.trim().is_empty() {
        "The tool failed without a message.".to_owned()
    } else {
        message.to_owned()
    }
}

fn announce(run: &mut Run<'_>, call: &Call) {
    run.emit(AgentEvent::ToolStarted {
        turn: run.turn(),
        tool_use_id: call.id.clone(),
        name: call.name.clone(),
    });
}

fn finish(run: &mut Run<'_>, call: &Call, result: Result<ToolOutput, String>, ran: bool) -> ToolOutcome {
    let status = match (&result, ran) {
        (Ok(_), _) => ToolStatus::Succeeded,
        (Err(_), true) => ToolStatus::Failed,
        (Err(_), false) => ToolStatus::Refused,
    };
    run.emit(AgentEvent::ToolFinished {
        turn: run.turn(),
        tool_use_id: call.id.clone(),
        name: call.name.clone(),
        ok: result.is_ok(),
    });
    ToolOutcome { result, status }
}
