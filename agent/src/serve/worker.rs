//! Workers take tasks from a queue and run the agent for each, one at a time.

use std::time::Duration;

use faultline_queue::Queue;
use tokio::sync::watch;

use super::attend::stopped;
use super::task_run::TaskRun;
use super::work_settings::WorkSettings;
use crate::agent::Agent;

/// So long a worker asks for a task at once.
const ASK: Duration = Duration::from_secs(5);

/// So long it leaves a queue alone that cannot be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes tasks and works on them until `stop` holds true, or its sender is gone; the task at hand is then given back.
///
/// A task whose worker dies is delivered to another one when its lease ends. That one goes on from the last checkpoint (calls
/// of tools on their way, or answered), or begins anew where there is none.
pub async fn work(agent: Agent, queue: Queue, settings: WorkSettings, mut stop: watch::Receiver<bool>) {
    loop {
        let taken = tokio::select! {
            () = stopped(&mut stop) => return,
            taken = queue.take(ASK) => taken,
        };
        match taken {
            Ok(Some(delivery)) => {
                let (agent, queue) = (agent.clone(), queue.clone());
                let run = TaskRun { agent, queue, settings: settings.clone(), stop: stop.clone() };
                // In a task of its own: a panic there is that task's end, and its lease runs out.
                match tokio::spawn(run.work(delivery)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => (settings.trouble)(&why.to_string()),
                    Err(why) => (settings.trouble)(&format!("a task was lost: {why}")),
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
