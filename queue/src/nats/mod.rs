//! A queue on NATS JetStream: a work-queue stream with a durable pull consumer, a stream of dead letters, and a bucket of
//! what is known of each job.
//!
//! | on the server | holds |
//! |---|---|
//! | stream `PREFIX_jobs`, subjects `PREFIX.jobs.ID` | jobs that are not over |
//! | its consumer `PREFIX_workers` | who has which job: `ack_wait` is the lease, an in-progress acknowledgement extends it |
//! | stream `PREFIX_dead`, subjects `PREFIX.dead.ID` | jobs that were delivered often enough |
//! | bucket `PREFIX_state`, keys `job.ID`, `run.ID`, `progress.ID.DELIVERY.NUMBER`, `result.ID`, `cancel.ID`, `dead.ID`, `kept.NAME` | the rest |

mod bucket;
mod places;
mod server;

pub(crate) use server::NatsQueue;
