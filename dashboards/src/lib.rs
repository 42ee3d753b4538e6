//! faultline: reports and dashboards.
//!
//! [`Report`] is plain data about a run: what was tried, what the agent made of it, what went over the wire.
//! [`render`] makes one offline HTML page of it, [`table`] a text for the terminal. [`mod@card`] does the same for a
//! report card: an agent through every scenario, judged; [`mod@traces`] for what a collector has kept. [`seeing`] has dashboards
//! and alerts. All are pure: no clock, no files, no network. This crate knows neither the server nor the agent; its callers
//! fill the data in.

pub mod card;
mod page;
mod report;
pub mod seeing;
pub mod traces;

pub use page::data::{Request, Tick, TickKind, Verdict};
pub use report::{Arm, Case, Mode, Replay, Report, SIZE_LIMIT, TABLE_WIDTH, Tally, Totals, render, table};
