//! What a task tells: events become records of its progress, in batches. A record that cannot be written now waits and is
//! written later.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use faultline_queue::{Delivery, Queue, QueueError};
use tokio::time::Instant;

use super::batch::Batch;
use super::execution::Sent;
use super::partial::PartialText;
use super::task_format::{json_of, records};
use super::work_settings::WorkSettings;
use crate::wire_event::WireEvent;

/// So long a record waits that could not be written.
const AGAIN: Duration = Duration::from_millis(500);

/// The events of one delivery on their way into its task's progress.
pub(super) struct Telling {
    queue: Queue,
    began: Instant,
    batch: Batch,
    number: usize,
    text: PartialText,
    unwritten: VecDeque<Bytes>,
    /// When to try those again.
    again: Instant,
}

impl Telling {
    pub(super) fn new(queue: Queue, settings: &WorkSettings) -> Self {
        let batch = Batch::new(settings.batch, settings.interval);
        let (began, text) = (Instant::now(), PartialText::default());
        Self { queue, began, batch, number: 0, text, unwritten: VecDeque::new(), again: began }
    }

    /// One more event; whether it must be written now.
    pub(super) fn add(&mut self, event: WireEvent) -> bool {
        self.text.add(&event);
        self.number += 1;
        let json = json_of(&event);
        self.batch.add(Arc::new(Sent { number: self.number, event, json }), self.began.elapsed())
    }

    /// When something must be written.
    pub(super) fn due(&self) -> Option<Instant> {
        let again = (!self.unwritten.is_empty()).then_some(self.again);
        let due = self.batch.due().map(|due| self.began + due);
        again.into_iter().chain(due).min()
    }

    /// Writes everything. What an error leaves waits for the next time.
    pub(super) async fn write(&mut self, delivery: &mut Delivery) -> Result<(), QueueError> {
        self.unwritten.extend(records(&self.batch.take()));
        while let Some(record) = self.unwritten.front() {
            let written = self.queue.append(delivery, record.clone()).await;
            written.inspect_err(|_| self.again = Instant::now() + AGAIN)?;
            self.unwritten.pop_front();
        }
        Ok(())
    }

    /// The text of the turn so far.
    pub(super) fn text(&self) -> String {
        self.text.text().to_owned()
    }
}
