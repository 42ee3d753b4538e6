//! Looks after a run of the agent that works on a task: writes what it tells, keeps its checkpoints, extends the lease, and
//! finds out when it shall stop. All in turn: while something is written, the agent waits.

use std::pin::pin;
use std::time::Duration;

use faultline_queue::{Delivery, Lease, Queue};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::task_memory::TaskMemory;
use super::telling::Telling;
use super::work_settings::WorkSettings;
use crate::error::AgentError;
use crate::stats::Answer;
use crate::wire_event::WireEvent;

/// What a run says.
pub(super) enum Said {
    Event(WireEvent),
    /// There is a checkpoint to be kept.
    Checkpoint,
}

/// Why a run ended.
pub(super) enum End {
    /// By itself.
    Ran(Box<Result<Answer, AgentError>>),
    /// Somebody wanted it stopped.
    Cancelled,
    /// The worker stops.
    Stopped,
    /// The task is somebody else's.
    Lost,
}

/// Who looks after a run.
pub(super) struct Attendant<'a> {
    pub(super) queue: &'a Queue,
    pub(super) settings: &'a WorkSettings,
    pub(super) memory: &'a TaskMemory,
    pub(super) delivery: &'a mut Delivery,
    pub(super) telling: &'a mut Telling,
}

impl Attendant<'_> {
    /// Until the run ends, or is ended: it is then dropped.
    pub(super) async fn attend(
        &mut self,
        run: impl Future<Output = Result<Answer, AgentError>>,
        mut said: UnboundedReceiver<Said>,
        mut stop: watch::Receiver<bool>,
    ) -> End {
        let mut run = pin!(run);
        let mut lease = LeaseTime::new(self.queue.settings().lease);
        let look = self.settings.look.min(lease.lease / 3);
        let mut next_look = Instant::now() + look;
        loop {
            let due = self.telling.due().map_or(next_look, |due| due.min(next_look));
            // In this order: what a run says is taken before it goes on, so that little waits.
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return End::Stopped,
                () = sleep_until(due) => {
                    if Instant::now() >= next_look {
                        if let Some(end) = self.look(&mut lease).await {
                            return end;
                        }
                        next_look = Instant::now() + look;
                    }
                    self.write_if(self.telling.due().is_some_and(|due| due <= Instant::now())).await;
                }
                Some(said) = said.recv() => self.hear(said).await,
                ran = &mut run => {
                    while let Ok(said) = said.try_recv() {
                        self.hear(said).await;
                    }
                    return End::Ran(Box::new(ran));
                }
            }
        }
    }

    async fn hear(&mut self, said: Said) {
        match said {
            Said::Event(event) => {
                let now = self.telling.add(event);
                self.write_if(now).await;
            }
            Said::Checkpoint => {
                // Who lost the task finds out at the next look; a server that is away, at the next checkpoint.
                if let Err(why) = self.memory.keep().await {
                    (self.settings.trouble)(&format!("a checkpoint was not kept: {why}"));
                }
            }
        }
    }

    async fn write_if(&mut self, now: bool) {
        if now && let Err(why) = self.telling.write(self.delivery).await {
            (self.settings.trouble)(&why.to_string());
        }
    }

    /// Extends the lease where it is time; why the run must end.
    async fn look(&mut self, lease: &mut LeaseTime) -> Option<End> {
        if lease.is_due() {
            match self.queue.extend(self.delivery).await {
                Ok(Lease::Held) => lease.extended(),
                Ok(Lease::Lost) => return Some(End::Lost),
                Err(why) => (self.settings.trouble)(&why.to_string()),
            }
        }
        if lease.is_over() {
            return Some(End::Lost);
        }
        let cancelled = match self.queue.status(&self.delivery.id).await {
            Ok(status) => status.is_some_and(|status| status.is_cancelled),
            Err(why) => {
                (self.settings.trouble)(&why.to_string());
                false
            }
        };
        cancelled.then_some(End::Cancelled)
    }
}

/// Waits until a worker shall stop.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so has gone: that says it too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// How old a lease is, as its holder knows.
struct LeaseTime {
    lease: Duration,
    since: Instant,
}

impl LeaseTime {
    fn new(lease: Duration) -> Self {
        Self { lease, since: Instant::now() }
    }

    fn is_due(&self) -> bool {
        self.since.elapsed() >= self.lease / 3
    }

    fn is_over(&self) -> bool {
        self.since.elapsed() >= self.lease
    }

    fn extended(&mut self) {
        self.since = Instant::now();
    }
}
