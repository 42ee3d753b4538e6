//! faultline: the server. A stand-in for Amazon Bedrock Runtime on one port: HTTP/1.1, HTTP/2 with prior
//! knowledge, and TLS.
//!
//! | module | holds |
//! |---|---|
//! | [`options`] | settings |
//! | [`server`] | [`MockBedrock`], the handle: start, look, stop |
//! | [`listener`] | binding, and why it fails |
//! | `tls` | the local CA |
//! | [`gate`], `admit`, `idle` | what goes wrong with connections, and what did |
//! | [`inject`] | faults and admissions added while it runs |
//! | `connection`, `control`, `socket`, `barrier`, `frames` | one connection, and how endings act exactly |
//! | `handler`, `protocol`, `refusal`, `request_id` | one request |
//! | [`auth`] | who may ask |
//! | [`responder`], `arrival` | the brain's trait: what to answer, and what it is asked |
//! | [`cassettes`] | recordings that a session is given while it runs |
//! | [`scripted`] | the brain that plays scenarios |
//! | [`validate`] | what Bedrock refuses |
//! | `writer` | executes a plan; the only place that waits for time |
//! | `house`, `recording`, `grown`, [`journal`], [`report`] | what happened |
//! | `admin`, `origin` | the same over HTTP, under `/_faultline/`, and for which web pages |
//!
//! In a Rust test:
//!
//! ```no_run
//! use faultline_mock_bedrock::{MockBedrock, Options, Scripted, snapshot};
//! use faultline_scenarios::{Book, load};
//! use std::sync::Arc;
//!
//! # async fn test() -> Result<(), Box<dyn std::error::Error>> {
//! let hello = load::scenario("hello", "hello.yaml", "faultline: 1\nreplies:\n  - message: [{ text: Hello. }]\n")?;
//! let brain = Arc::new(Scripted::new(Book::new(vec![hello])));
//! let server = MockBedrock::start(Options::default(), brain).await?;
//! // … point a client at `server.url()` and let it ask …
//! println!("{}", snapshot(&server.wait_for(1).await));
//! server.stop().await; // verifies, as drop does
//! # Ok(())
//! # }
//! ```

mod admin;
mod admit;
mod arrival;
pub mod auth;
mod barrier;
pub mod cassettes;
mod connection;
mod control;
mod exempt;
mod frames;
pub mod gate;
mod grown;
mod handler;
mod house;
mod idle;
pub mod inject;
pub mod journal;
pub mod listener;
pub mod options;
mod origin;
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
pub mod tools;
pub mod validate;
mod writer;

pub use cassettes::{Cassette, CassetteReader, Interaction, Source};
pub use gate::ConnectionEvent;
pub use inject::InjectError;
pub use journal::Listener;
pub use listener::StartError;
pub use options::Options;
pub use report::snapshot;
pub use responder::{Arrival, Coming, Live, OpenBody, Part, RawBody, RawRequest, Reply, Responder};
pub use scripted::Scripted;
pub use server::MockBedrock;
pub use tools::ToolServer;

/// The Rust example of the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
