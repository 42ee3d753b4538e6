//! A queue of a test's own, and more handles on it, as other processes have them.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use faultline_queue::{Address, Delivery, JobId, Queue, Settings};

use crate::nats::NatsServer;

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// A lease that a test may wait for.
pub(crate) const SHORT: Duration = Duration::from_millis(400);
/// Long enough for a home to say that there is nothing.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(150);

/// A home for one test.
pub(crate) struct Bench {
    address: Address,
    /// Lives as long as the bench.
    _server: Option<NatsServer>,
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A file.
pub(crate) fn file(name: &str) -> Option<Bench> {
    let path = folder(&format!("queue-{name}.db"));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    Some(Bench { address: Address::File(path), _server: None })
}

/// A NATS server; `None` where there is none.
pub(crate) fn nats(name: &str) -> Option<Bench> {
    let server = NatsServer::start(&folder(&format!("queue-{name}.nats")), &[])?;
    Some(Bench { address: server.url().parse().unwrap(), _server: Some(server) })
}

impl Bench {
    /// A handle with patience: nothing expires in a test's time.
    pub(crate) async fn open(&self) -> Queue {
        self.open_with(Settings { lease: Duration::from_secs(60), ..Settings::default() }).await
    }

    /// A handle whose leases end soon.
    pub(crate) async fn hasty(&self) -> Queue {
        self.open_with(Settings { lease: SHORT, deliveries: 3, ..Settings::default() }).await
    }

    pub(crate) async fn open_with(&self, settings: Settings) -> Queue {
        Queue::open(&self.address, settings).await.unwrap()
    }
}

pub(crate) fn id(text: &str) -> JobId {
    text.parse().unwrap()
}

pub(crate) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// Takes a job that must come.
pub(crate) async fn taken(queue: &Queue) -> Delivery {
    queue.take(LONG).await.unwrap().expect("no job came")
}

/// Nothing is there.
pub(crate) async fn nothing(queue: &Queue) {
    let taken = queue.take(AT_ONCE).await.unwrap();
    assert!(taken.is_none(), "{taken:?}");
}
