//! faultline: reports.
//!
//! [`Report`] is plain data about a run: what was tried, what the agent made of it, what went over the wire.
//! [`render`] makes one offline HTML page of it, [`table`] a text for the terminal. Both are pure: no clock,
//! no files, no network. This crate knows neither the server nor the agent; its callers fill the data in.

mod report;

pub use report::{
    Arm, Case, Mode, Replay, Report, Request, SIZE_LIMIT, TABLE_WIDTH, Tally, Tick, TickKind, Totals,
    Verdict, render, table,
};
