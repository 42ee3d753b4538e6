//! The queue, held to one table of claims in each of its homes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bench;
mod claims;
#[path = "../../../tests/support/nats.rs"]
mod nats;
mod unreachable;
