//! A queue on a NATS server: the verbs.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{AckKind, Message};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::bucket::Run;
use super::places::Places;
use crate::address::NatsAddress;
use crate::claim::Claim;
use crate::error::QueueError;
use crate::id::JobId;
use crate::job::{Cursor, Delivery, Lease, Letter, Progress, Put, Status, Value};
use crate::limits::Page;
use crate::rules::{Facts, Step};
use crate::settings::{Settings, millis};

/// `job.ID` before its message is in the stream, and after.
const PUTTING: &[u8] = b"putting";
const PUT: &[u8] = b"put";

/// A queue on a NATS server.
#[derive(Clone)]
pub(crate) struct NatsQueue {
    places: Arc<Places>,
    settings: Settings,
}

impl NatsQueue {
    pub(crate) async fn open(address: &NatsAddress, settings: Settings) -> Result<Self, QueueError> {
        Ok(Self { places: Arc::new(Places::open(address, &settings).await?), settings })
    }

    /// Who was killed in between is made good by the next who puts the same: the message is in the stream once, for its id is
    /// known to the server for two minutes, and a job that is over by then is not delivered.
    pub(crate) async fn put(&self, id: &JobId, body: Bytes) -> Result<Put, QueueError> {
        let key = format!("job.{id}");
        let is_new = self.places.create(key.clone(), Bytes::from_static(PUTTING)).await?.is_some();
        if !is_new && self.places.value(key.clone()).await?.as_deref() == Some(PUT) {
            return Ok(Put::Known);
        }
        self.publish("jobs", id, body).await?;
        self.places.set(key, Bytes::from_static(PUT)).await?;
        Ok(if is_new { Put::New } else { Put::Known })
    }

    async fn publish(&self, what: &str, id: &JobId, body: Bytes) -> Result<(), QueueError> {
        let subject = format!("{}.{what}.{id}", self.places.prefix);
        let message = PublishMessage::build().payload(body).message_id(id.as_str());
        let sent = self.places.context.send_publish(subject, message).await;
        sent.map_err(QueueError::nats("a job"))?.await.map_err(QueueError::nats("a job"))?;
        Ok(())
    }

    pub(crate) async fn take(&self, wait: Duration) -> Result<Option<Delivery>, QueueError> {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let batch = self.places.workers.batch().max_messages(1).expires(left).messages().await;
            let mut batch = batch.map_err(QueueError::nats("asking for a job"))?;
            let Some(message) = batch.next().await else { return Ok(None) };
            let message = message.map_err(QueueError::nats("waiting for a job"))?;
            if let Some(delivery) = self.accept(message).await? {
                return Ok(Some(delivery));
            }
        }
    }

    /// A message as a delivery, unless its job is over, was delivered often enough, or is somebody else's by now.
    async fn accept(&self, message: Message) -> Result<Option<Delivery>, QueueError> {
        let id: JobId = message.subject.rsplit('.').next().unwrap_or_default().parse()?;
        let delivered = message.info().map_err(QueueError::nats("a job's place"))?.delivered;
        let before = u32::try_from(delivered - 1).unwrap_or(0);
        let known = self.places.known(&id, millis(self.settings.lease)).await?;
        // What was put so long ago that it is forgotten is not known, but here it is.
        let facts = known.map_or_else(Facts::default, |known| known.facts);
        match (Facts { deliveries: before, ..facts }).step(self.settings.deliveries) {
            Step::Drop => self.off(&message).await.map(|()| None),
            Step::Bury => self.bury(&id, &message).await.map(|()| None),
            Step::Deliver(number) => {
                if self.places.begin(&id, number).await? == Lease::Lost {
                    return Ok(None);
                }
                let (message, acker) = message.split();
                let claim = Claim::Message(Box::new(acker));
                Ok(Some(Delivery { id, body: message.payload, number, claim, records: 0 }))
            }
        }
    }

    /// Makes a dead letter, said in this order: whoever is killed in between leaves the job to be buried again.
    async fn bury(&self, id: &JobId, message: &Message) -> Result<(), QueueError> {
        self.publish("dead", id, message.payload.clone()).await?;
        self.places.create(format!("dead.{id}"), Bytes::new()).await?;
        self.off(message).await
    }

    async fn off(&self, message: &Message) -> Result<(), QueueError> {
        message.double_ack().await.map_err(QueueError::nats("taking a job off"))
    }

    pub(crate) async fn extend(&self, delivery: &Delivery) -> Result<Lease, QueueError> {
        self.hold(delivery, true, AckKind::Progress).await
    }

    pub(crate) async fn give_back(&self, delivery: &Delivery, delay: Duration) -> Result<Lease, QueueError> {
        // No delay at all is another thing to the server than a delay of none.
        let delay = (!delay.is_zero()).then_some(delay);
        self.hold(delivery, false, AckKind::Nak(delay)).await
    }

    pub(crate) async fn abandon(&self, delivery: &Delivery) -> Result<Lease, QueueError> {
        self.cancel(&delivery.id).await?;
        self.hold(delivery, false, AckKind::Ack).await
    }

    /// The first result stays: two deliveries that both believe they have the job write the same key.
    pub(crate) async fn finish(&self, delivery: &Delivery, result: Bytes) -> Result<Lease, QueueError> {
        let run = Run { delivery: delivery.number, held: true };
        if self.places.hold(&delivery.id, run).await? == Lease::Lost {
            return Ok(Lease::Lost);
        }
        let is_first = self.places.create(format!("result.{}", delivery.id), result).await?.is_some();
        let let_go = self.hold(delivery, false, AckKind::Ack).await?;
        Ok(if is_first { let_go } else { Lease::Lost })
    }

    /// Notes that the delivery holds its job or lets it go, and tells the server so.
    async fn hold(&self, delivery: &Delivery, held: bool, kind: AckKind) -> Result<Lease, QueueError> {
        let lease = self.places.hold(&delivery.id, Run { delivery: delivery.number, held }).await?;
        if let (Lease::Held, Claim::Message(acker)) = (lease, &delivery.claim) {
            let told = match kind {
                AckKind::Ack => acker.double_ack().await,
                other => acker.ack_with(other).await,
            };
            told.map_err(QueueError::nats("acknowledging a job"))?;
        }
        Ok(lease)
    }

    pub(crate) async fn append(&self, delivery: &Delivery, record: Bytes) -> Result<(), QueueError> {
        let Delivery { id, number, records, .. } = delivery;
        self.places.set(format!("progress.{id}.{number}.{}", records + 1), record).await
    }

    pub(crate) async fn progress(&self, id: &JobId, after: Cursor) -> Result<Option<Progress>, QueueError> {
        let Some(_) = self.places.value(format!("job.{id}")).await? else { return Ok(None) };
        let (mut next, restarted) = after.in_delivery(self.places.newest(id).await?);
        let mut page = Page::default();
        while page.has_room() {
            let key = format!("progress.{id}.{}.{}", next.delivery, next.records + 1);
            let Some(record) = self.places.value(key).await? else { break };
            page.add(record);
            next.records += 1;
        }
        let more = !page.has_room();
        Ok(Some(Progress { restarted, records: page.records, more, next }))
    }

    pub(crate) async fn status(&self, id: &JobId) -> Result<Option<Status>, QueueError> {
        let Some(known) = self.places.known(id, millis(self.settings.lease)).await? else { return Ok(None) };
        let Facts { deliveries, is_cancelled, .. } = known.facts;
        let state = known.facts.state(self.settings.now_ms());
        Ok(Some(Status { state, deliveries, is_cancelled, result: known.result }))
    }

    pub(crate) async fn cancel(&self, id: &JobId) -> Result<(), QueueError> {
        match self.places.known(id, 0).await? {
            Some(known) if !known.facts.has_result && !known.facts.is_dead => {
                self.places.create(format!("cancel.{id}"), Bytes::new()).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    pub(crate) async fn dead(&self, most: usize) -> Result<Vec<Letter>, QueueError> {
        let info = self.places.dead.get_info().await.map_err(QueueError::nats("its dead letters"))?;
        let mut letters = Vec::new();
        for place in info.state.first_sequence.max(1)..=info.state.last_sequence {
            // Between two that are there, some may have been taken out by hand.
            let Ok(message) = self.places.dead.get_raw_message(place).await else { continue };
            let id = message.subject.rsplit('.').next().unwrap_or_default().to_owned();
            let deliveries = match id.parse() {
                Ok(id) => self.places.newest(&id).await?,
                Err(_) => 0,
            };
            letters.push(Letter { id, body: message.payload, deliveries });
            if letters.len() >= most {
                break;
            }
        }
        Ok(letters)
    }

    pub(crate) async fn recall(&self, name: &str) -> Result<Option<Value>, QueueError> {
        self.places.recall(name).await
    }

    pub(crate) async fn remember(
        &self,
        name: &str,
        bytes: Bytes,
        over: u64,
    ) -> Result<Option<u64>, QueueError> {
        self.places.remember(name, bytes, over).await
    }

    pub(crate) async fn forget(&self, name: &str) -> Result<(), QueueError> {
        self.places.forget(name).await
    }
}
