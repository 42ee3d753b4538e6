//! Runs the tool calls of one message: side by side, bounded, each ending in a result for the model.

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::config::AgentConfig;
use crate::history::Call;
use crate::run::Run;
use crate::steer::Steering;
use crate::tool_batch::{Batch, Joined};
use crate::tool_call::Settled;
use crate::tool_note::Note;
use crate::tool_outcome::ToolOutcome;
use crate::tools::Toolbox;

/// Runs all calls, at most `tool_concurrency` at once. Outcomes come in the order of the calls, whichever ends first.
/// Dropping the future aborts the tools that run.
pub(crate) async fn run_all(
    toolbox: &Toolbox,
    calls: &[Call],
    config: &AgentConfig,
    run: &mut Run<'_>,
) -> Vec<ToolOutcome> {
    let (sender, mut notes) = unbounded_channel();
    let steering = run.steering().clone();
    let mut batch = Batch::new(toolbox, calls, config, run, sender);
    batch.admit_all().await;
    let mut redirected = false;
    loop {
        batch.start_ready().await;
        match next(&mut batch.running, &mut notes, &steering, redirected).await {
            Heard::Note(at, note) => batch.tell(at, note),
            Heard::End(joined) => {
                // What a call told before it ended comes before its end.
                while let Ok((at, note)) = notes.try_recv() {
                    batch.tell(at, note);
                }
                batch.end(joined).await;
            }
            Heard::Steered => redirected = batch.steer().await,
            Heard::Nothing => break,
        }
    }
    batch.outcomes()
}

enum Heard {
    Note(usize, Note),
    End(Joined),
    /// Somebody wants calls cancelled.
    Steered,
    Nothing,
}

async fn next(
    running: &mut JoinSet<Settled>,
    notes: &mut UnboundedReceiver<(usize, Note)>,
    steering: &Steering,
    redirected: bool,
) -> Heard {
    tokio::select! {
        biased;
        Some((at, note)) = notes.recv() => Heard::Note(at, note),
        () = steering.interrupted(), if !redirected => Heard::Steered,
        joined = running.join_next_with_id() => joined.map_or(Heard::Nothing, Heard::End),
    }
}
