//! Work that outgrows one process: a job is put once, taken under a lease by one worker at a time, and delivered again when
//! that worker dies. After so many deliveries it is a dead letter. Progress, result and a wish to stop are kept by its id.
//!
//! Two homes, one behaviour, held to one table of claims: an SQLite file that several processes share ([`Address::File`]),
//! and NATS JetStream ([`Address::Nats`]). Jobs are opaque bytes; this crate knows nothing of what they mean.
//!
//! # What is promised
//!
//! - A job whose `put` returned is delivered **at least once**, also after `kill -9` of anyone. It may be delivered again
//!   although its worker lives, where that worker was stopped for longer than the lease: what a job does must bear that.
//! - Of all deliveries only the newest counts: an older one can no longer finish the job, give it back or extend its lease,
//!   and what it still tells of its progress is seen by nobody.
//! - The first result stays. An id is put once: a second `put` of it changes nothing.
//! - On NATS this rests on one server or a cluster that keeps what it acknowledged; the clocks of the machines that read a
//!   [`State`] may differ by much less than the lease. In an SQLite file the clocks of all processes are one, and a jump
//!   of it ends leases early or late.
//!
//! # What is forgotten
//!
//! Jobs, results, progress and values after [`Settings::keep`], whether done or not.

mod address;
mod claim;
mod error;
mod id;
mod job;
mod limits;
mod nats;
mod queue;
mod rules;
mod settings;
mod sqlite;

pub use address::Address;
pub use error::QueueError;
pub use id::JobId;
pub use job::{Cursor, Delivery, Lease, Letter, Progress, Put, Status, Value};
pub use limits::MAX_BYTES;
pub use queue::Queue;
pub use rules::State;
pub use settings::Settings;
