//! Workers take tasks from a queue and run the agent for each, one at a time.

use std::time::Duration;

use faultline_queue::Queue;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::attend::stopped;
use super::task_run::TaskRun;
use super::work_settings::WorkSettings;
use crate::agent::Agent;

/// So long a worker asks for a task at once; so long it takes at most to stop one that has nothing to do.
const ASK: Duration = Duration::from_secs(1);

/// So long it leaves a queue alone that cannot be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes tasks and works on them until `stop` holds true, or its sender is gone; the task at hand is then given back.
///
/// A task whose worker dies is delivered to another one when its lease ends. That one goes on from the last checkpoint (calls
/// of tools on their way, or answered), or begins anew where there is none.
pub async fn work(agent: Agent, queue: Queue, settings: WorkSettings, mut stop: watch::Receiver<bool>) {
    // Who asks for a task waits for the answer: one that came after all would be nobody's until its lease ends.
    while stop.has_changed().is_ok() && !*stop.borrow() {
        match queue.take(ASK).await {
            Ok(Some(delivery)) => {
                let (agent, queue) = (agent.clone(), queue.clone());
                let run = TaskRun { agent, queue, settings: settings.clone(), stop: stop.clone() };
                // On its own: a panic there is that task's end, and its lease runs out. It ends with this future.
                let mut at_hand = JoinSet::new();
                at_hand.spawn(run.work(delivery));
                match at_hand.join_next().await {
                    Some(Ok(Err(why))) => (settings.trouble)(&why.to_string()),
                    Some(Err(why)) => (settings.trouble)(&format!("a task was lost: {why}")),
                    Some(Ok(Ok(()))) | None => {}
                }
            }
            Ok(None) => {}
            Err(why) => {
                (settings.trouble)(&why.to_string());
                // Whether it ends early or not, the next look says what to do.
                let _ = tokio::time::timeout(PAUSE, stopped(&mut stop)).await;
            }
        }
    }
}
