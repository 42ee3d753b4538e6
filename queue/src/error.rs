//! Why a queue did not do what it was asked. No text holds what an address keeps secret.

use thiserror::Error;

/// Why a queue did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The address is none.
    #[error("the queue's address is not usable: {0}")]
    BadAddress(String),
    /// The id is none.
    #[error("a job's id is 1 to 64 of [A-Za-z0-9_-]")]
    BadId,
    /// It is larger than a queue takes.
    #[error("a {what} of {size} bytes is too large: {most} at most")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The most bytes of such a thing.
        most: usize,
    },
    /// The SQLite file cannot be used.
    #[error("the queue's file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Nobody answers there, or whoever does lets us not in.
    #[error("no NATS server can be used at {at}: {why}")]
    Unreachable {
        /// Where, without credentials.
        at: String,
        /// Why.
        why: String,
    },
    /// The NATS server did not do it.
    #[error("NATS: {what}: {why}")]
    Nats {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        why: String,
    },
    /// The work was lost within this process.
    #[error("the queue's own work was lost: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

impl QueueError {
    /// What a NATS server said to `what`.
    pub(crate) fn nats<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |why| Self::Nats { what, why: why.to_string() }
    }
}
