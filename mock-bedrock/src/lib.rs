//! faultline: the server. A stand-in for Amazon Bedrock Runtime on one port: HTTP/1.1, HTTP/2 with prior
//! knowledge, and TLS.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | settings |
//! | [`server`] | [`MockBedrock`], the handle: start, look, stop |
//! | [`listener`] | binding, and why it fails |
//! | `tls` | the local CA |
//! | `connection`, `control`, `socket`, `barrier`, `frames` | one connection, and how endings act exactly |
//! | `handler`, `protocol`, `refusal`, `request_id` | one request |
//! | [`responder`] | the brain's trait: what to answer |
//! | [`validate`] | what Bedrock refuses |
//! | `writer` | executes a plan; the only place that waits for time |
//! | `house`, `recording`, [`journal`], [`report`] | what happened |
//! | `admin` | the same over HTTP, under `/_faultline/` |

mod admin;
mod barrier;
mod connection;
mod control;
mod frames;
mod handler;
mod house;
pub mod journal;
pub mod listener;
pub mod options;
mod protocol;
mod recording;
mod refusal;
pub mod report;
mod request_id;
pub mod responder;
pub mod scripted;
pub mod server;
mod socket;
mod tls;
pub mod validate;
mod writer;

pub use journal::Listener;
pub use listener::StartError;
pub use options::Options;
pub use report::snapshot;
pub use responder::{Reply, Responder};
pub use scripted::Scripted;
pub use server::MockBedrock;
