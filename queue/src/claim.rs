//! What proves to a home that a delivery is its own.

use async_nats::jetstream::message::Acker;

/// What proves to a home that a delivery is its own.
pub(crate) enum Claim {
    /// The number of the delivery says all.
    Number,
    /// The message that acknowledgements answer.
    Message(Box<Acker>),
}
