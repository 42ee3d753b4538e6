//! The agent against scripted answers: bytes that the tests encode themselves, no server and no mock.

#![expect(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a panic is how a test fails, `json!` values are handed over"
)]

mod any_history;
mod attempts;
mod audit;
mod cancel;
mod client;
mod compaction;
mod corpus;
mod errors;
mod events;
mod fallback;
mod folder;
mod history;
mod http_tools;
mod mcp;
mod notation;
mod policies;
#[cfg(all(feature = "sql", unix))]
mod postgres;
mod proto;
mod script;
mod serve;
mod session;
mod socket;
mod spelling;
#[cfg(feature = "sql")]
mod sql;
#[cfg(all(feature = "sql", unix))]
mod sql_postgres;
mod steer;
mod stops;
mod streaming;
#[cfg(unix)]
mod subprocesses;
#[path = "../../../tests/support/corpus.rs"]
mod support;
mod tasks;
mod tls;
mod tools;
mod validator;
