//! What there is to see: read from a store at one moment.

use super::look::Look;
use faultline_collector::query::{
    ChatSample, Latency, ToolUse, Trace, Trouble, Usage, Wanted, Window, chats, latency, tool_use, tools,
    traces, trouble, usage_by_model,
};
use faultline_collector::store::{Connection, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    /// Of how long.
    pub(crate) last: Duration,
    /// Model calls.
    pub(crate) calls: usize,
    pub(crate) failed: usize,
    /// Model calls that began in each of the last stretches of time, the newest at the end.
    pub(crate) rate: Vec<u64>,
    pub(crate) rows: Vec<Latency>,
    pub(crate) tools: Vec<ToolUse>,
    pub(crate) tokens: BTreeMap<String, Usage>,
    pub(crate) trouble: Trouble,
    pub(crate) traces: Vec<Trace>,
}

/// So many stretches of time the rate has.
const STRETCHES: usize = 60;
/// So many traces are listed.
const TRACES: u32 = 200;

impl Picture {
    /// Reads what began in the `last` time before `now`, in nanoseconds since 1970.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn read(store: &Connection, last: Duration, now: i64, look: Look) -> Result<Self, StoreError> {
        let from = now.saturating_sub(i64::try_from(last.as_nanos()).unwrap_or(i64::MAX));
        let window = Window { from, until: now };
        let (calls, tool_calls) = (chats(store, window)?, tools(store, window)?);
        Ok(Self {
            last,
            calls: calls.len(),
            failed: calls.iter().filter(|call| call.error.is_some()).count(),
            rate: rate(&calls, window),
            rows: latency(&calls, &[]),
            tools: slowest(tool_use(&tool_calls)),
            tokens: usage_by_model(&calls),
            trouble: trouble(store, window)?,
            traces: traces(
                store,
                &Wanted { window, failed: look.failed, limit: TRACES, ..Wanted::default() },
            )?,
        })
    }
}

fn rate(calls: &[ChatSample], window: Window) -> Vec<u64> {
    let mut counts = vec![0; STRETCHES];
    let span = (i128::from(window.until) - i128::from(window.from)).max(1);
    for call in calls {
        let at = (i128::from(call.started) - i128::from(window.from)) * STRETCHES as i128 / span;
        if let Some(count) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    counts
}

/// The slowest first.
fn slowest(mut tools: Vec<ToolUse>) -> Vec<ToolUse> {
    tools.sort_by(|a, b| b.total.most.total_cmp(&a.total.most));
    tools
}
