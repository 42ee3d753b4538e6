//! Snapshot tests for any language: what a suite sent and was answered, as files that `cargo insta review` and
//! `faultline review` know.
//!
//! A session is a file. Comparing is pure; only `store` touches the disk.

mod content;
mod diff;
mod file;
mod store;
mod text;

use faultline_scenarios::exchange::Exchange;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use diff::unified;
pub(crate) use file::contents;
pub(crate) use store::{Compared, Pending, Store};

/// The normalised text of each session, by the name of its file.
pub(crate) fn sessions(exchanges: &[Arc<Exchange>]) -> BTreeMap<String, String> {
    let mut sessions: BTreeMap<&str, Vec<&Exchange>> = BTreeMap::new();
    for exchange in exchanges {
        sessions.entry(&exchange.session).or_default().push(exchange);
    }
    let text = |(session, mut played): (&str, Vec<&Exchange>)| {
        played.sort_by_key(|exchange| exchange.id);
        (file::name(session), text::text(&played))
    };
    sessions.into_iter().map(text).collect()
}
