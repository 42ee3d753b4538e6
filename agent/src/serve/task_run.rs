//! One delivery of a task at work, from what it asks to what came of it.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockruntime::types::Message;
use faultline_queue::{Delivery, Lease, Queue, QueueError};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;

use super::attend::{Attendant, End, Said};
use super::task_format::{Job, result};
use super::task_memory::TaskMemory;
use super::task_replay;
use super::task_session::{self, Session};
use super::telling::Telling;
use super::work_settings::WorkSettings;
use crate::agent::Agent;
use crate::conversation::{Conversation, Labels};
use crate::events::AgentEvent;
use crate::wire_event::WireEvent;

/// What a delivery needs.
pub(super) struct TaskRun {
    pub(super) agent: Agent,
    pub(super) queue: Queue,
    pub(super) settings: WorkSettings,
    pub(super) stop: watch::Receiver<bool>,
}

/// What a delivery goes on from.
struct Begun {
    session: Option<Session>,
    memory: Arc<TaskMemory>,
    /// What an earlier delivery has left of the task itself.
    history: Option<Vec<Message>>,
    /// What was said before the task.
    conversation: Conversation,
}

impl TaskRun {
    /// Works on a delivery until it is done, cancelled, given back, or lost.
    pub(super) async fn work(self, mut delivery: Delivery) -> Result<(), QueueError> {
        let mut telling = Telling::new(self.queue.clone(), &self.settings);
        let Ok(job) = serde_json::from_slice::<Job>(&delivery.body) else {
            let last = failed("the task cannot be read", String::new());
            return self.finish(delivery, telling, last).await.map(drop);
        };
        let mut begun = self.open(&job, &delivery).await?;
        let before = begun.conversation.clone();
        let last = match self.run(&job.prompt, &mut begun, &mut delivery, &mut telling).await {
            End::Lost => return Ok(()),
            End::Stopped => return self.queue.give_back(&delivery, Duration::ZERO).await.map(drop),
            End::Cancelled => {
                let ended = self.abandon(delivery, telling).await?;
                return forget(&begun, ended).await;
            }
            End::Ran(ran) => match *ran {
                Ok(answer) => {
                    self.keep(&begun, &mut telling).await;
                    WireEvent::answered(&answer)
                }
                Err(error) => {
                    if let Some(told) = &self.settings.failed {
                        told(delivery.id.as_str(), &job.prompt, &before, &error);
                    }
                    failed(&error.to_string(), error.partial.text)
                }
            },
        };
        let ended = self.finish(delivery, telling, last).await?;
        forget(&begun, ended).await
    }

    /// Finds what the task goes on from.
    async fn open(&self, job: &Job, delivery: &Delivery) -> Result<Begun, QueueError> {
        let (queue, id) = (&self.queue, &delivery.id);
        let (mut session, mut conversation) = task_session::open(queue, &job.session, id).await?;
        let (memory, checkpoint) = TaskMemory::open(queue.clone(), id).await?;
        match (&mut session, &checkpoint) {
            (Some(session), Some(checkpoint)) => session.built_upon(checkpoint.session),
            (Some(session), None) => memory.builds_upon(session.version()),
            (None, _) => {}
        }
        let history = checkpoint.map(|checkpoint| checkpoint.messages);
        let label = if job.session.is_empty() { id.as_str() } else { &job.session };
        conversation.label(Labels { session: Some(label.to_owned()), user: None });
        Ok(Begun { session, memory, history, conversation })
    }

    /// Runs the agent: from the prompt, or from where an earlier delivery was.
    async fn run(
        &self,
        prompt: &str,
        begun: &mut Begun,
        delivery: &mut Delivery,
        telling: &mut Telling,
    ) -> End {
        let Begun { memory, history, conversation, .. } = begun;
        let memory: &Arc<TaskMemory> = memory;
        let agent = self.agent.for_task(delivery.id.as_str(), |inner| memory.ledger(inner));
        let history = history.take();
        let done = history.as_deref().map(task_replay::events).unwrap_or_default();
        for event in done {
            telling.add(event);
        }
        let (to, said) = unbounded_channel();
        let mut sink = |event: AgentEvent| {
            let said = match event {
                AgentEvent::Checkpoint { messages, .. } => {
                    memory.checkpoint(messages);
                    Some(Said::Checkpoint)
                }
                event => WireEvent::of(&event).map(Said::Event),
            };
            // The receiver lives as long as the run.
            said.into_iter().for_each(|said| drop(to.send(said)));
        };
        let run = async {
            match history {
                None => agent.run(conversation, prompt, &mut sink).await,
                Some(messages) => agent.take_up(conversation, messages, &mut sink).await,
            }
        };
        let (queue, settings) = (&self.queue, &self.settings);
        let mut attendant = Attendant { queue, settings, memory, delivery, telling };
        attendant.attend(run, said, self.stop.clone()).await
    }

    /// Keeps the answer in the task's session; who reads the task is told where that is not possible.
    async fn keep(&self, begun: &Begun, telling: &mut Telling) {
        let Some(session) = &begun.session else { return };
        if let Err(why) = session.keep(&self.queue, &begun.conversation).await {
            telling
                .add(WireEvent::Error { message: format!("the session does not know this answer: {why}") });
        }
    }

    /// Tells the end and keeps it. Whoever has the task by now tells it otherwise.
    async fn finish(
        &self,
        mut delivery: Delivery,
        mut telling: Telling,
        last: WireEvent,
    ) -> Result<Lease, QueueError> {
        let kept = result(&last);
        telling.add(last);
        telling.write(&mut delivery).await?;
        self.queue.finish(&delivery, kept).await
    }

    async fn abandon(&self, mut delivery: Delivery, mut telling: Telling) -> Result<Lease, QueueError> {
        let last = failed("it was cancelled", telling.text());
        telling.add(last);
        telling.write(&mut delivery).await?;
        self.queue.abandon(&delivery).await
    }
}

/// Forgets the checkpoint of a task that is over; that of one which is somebody else's by now is theirs.
async fn forget(begun: &Begun, ended: Lease) -> Result<(), QueueError> {
    match ended {
        Lease::Held => begun.memory.forget().await,
        Lease::Lost => Ok(()),
    }
}

fn failed(message: &str, partial: String) -> WireEvent {
    WireEvent::ExecutionFailed { message: message.to_owned(), partial }
}
