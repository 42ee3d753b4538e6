//! The streams, the consumer and the bucket of one deployment on a server: opened, and made where they are not there.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::kv::Store;
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy, Stream};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions};

use crate::address::NatsAddress;
use crate::error::QueueError;
use crate::settings::Settings;

/// So long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many deliveries more than a job may have are let through: the taker that finds out makes it a dead letter, and may
/// itself be killed before it is done.
const SPARE: i64 = 16;

/// So many workers may wait for a job at once; a server's default is 512.
const MOST_WAITING: i64 = 8192;

/// Everything of one deployment.
pub(super) struct Places {
    pub(super) context: Context,
    pub(super) workers: PullConsumer,
    pub(super) dead: Stream,
    pub(super) state: Store,
    pub(super) prefix: String,
}

impl Places {
    pub(super) async fn open(address: &NatsAddress, settings: &Settings) -> Result<Self, QueueError> {
        let context = jetstream::new(connect(address).await?);
        let (prefix, keep) = (&address.prefix, settings.keep);
        let stream = |what: &str, retention| stream::Config {
            name: format!("{prefix}_{what}"),
            subjects: vec![format!("{prefix}.{what}.*")],
            retention,
            max_age: keep,
            ..stream::Config::default()
        };
        let jobs = opened(&context, stream("jobs", RetentionPolicy::WorkQueue)).await?;
        let dead = opened(&context, stream("dead", RetentionPolicy::Limits)).await?;
        let workers = format!("{prefix}_workers");
        let consumer = pull::Config {
            durable_name: Some(workers),
            ack_policy: AckPolicy::Explicit,
            ack_wait: settings.lease,
            max_waiting: MOST_WAITING,
            max_deliver: i64::from(settings.deliveries.max(1)) + SPARE,
            ..pull::Config::default()
        };
        let workers = jobs.create_consumer(consumer).await.map_err(QueueError::nats("its consumer"))?;
        let state = bucket(&context, &format!("{prefix}_state"), keep).await?;
        Ok(Self { context, workers, dead, state, prefix: prefix.clone() })
    }
}

async fn connect(address: &NatsAddress) -> Result<Client, QueueError> {
    let options = ConnectOptions::new().connection_timeout(PATIENCE).request_timeout(Some(PATIENCE));
    let options = match address.credentials.clone() {
        Some((user, Some(password))) => options.user_and_password(user, password),
        Some((token, None)) => options.token(token),
        None => options,
    };
    let unreachable = |why: async_nats::ConnectError| QueueError::Unreachable {
        at: address.server.clone(),
        why: why.to_string(),
    };
    options.connect(address.server.as_str()).await.map_err(unreachable)
}

async fn opened(context: &Context, config: stream::Config) -> Result<Stream, QueueError> {
    let opened = context.get_or_create_stream(config).await;
    opened.map_err(QueueError::nats("its streams (is JetStream on: `nats-server -js`?)"))
}

/// A key-value bucket is a stream in this form (NATS ADR-8). It is made by hand, because the client's own way first asks for
/// figures of the account that servers before 2.10 do not have.
async fn bucket(context: &Context, name: &str, max_age: Duration) -> Result<Store, QueueError> {
    let config = stream::Config {
        name: format!("KV_{name}"),
        subjects: vec![format!("$KV.{name}.>")],
        max_messages_per_subject: 1,
        max_age,
        discard: DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..stream::Config::default()
    };
    opened(context, config).await?;
    context.get_key_value(name).await.map_err(QueueError::nats("its bucket"))
}
