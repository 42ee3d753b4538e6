//! Percentiles of model calls and tools, one sample a call. Pure.

use super::chat::ChatSample;
use super::tool::ToolSample;
use crate::statistics::{Summary, summary};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was measured, and what came out. Times are seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// What: `stream: first text`, for example.
    pub name: String,
    /// What came out.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Calls that failed are in no percentile: an error that comes at once would make a model fast.
#[must_use]
pub fn latency(chats: &[ChatSample], tools: &[ToolSample]) -> Vec<Latency> {
    let whole = || chats.iter().filter(|chat| chat.error.is_none());
    let sound = || whole().filter(|chat| !chat.served);
    let streams = || sound().filter(|chat| chat.streamed);
    let served = || whole().filter(|chat| chat.served);
    let mut rows = Vec::new();
    let mut add = |name: String, samples: Vec<f64>| {
        rows.extend(summary(samples).map(|summary| Latency { name, summary }));
    };
    add("stream: first event".into(), streams().filter_map(|chat| chat.first_event).collect());
    add("stream: first text".into(), streams().filter_map(|chat| chat.first_text).collect());
    // One sample a stream: the gaps of one stream say much the same, and all together would look surer than they are.
    add("stream: its median gap".into(), streams().filter_map(median_gap).collect());
    add("stream: longest stall".into(), streams().filter_map(|chat| chat.longest_stall).collect());
    add("stream: total".into(), streams().map(|chat| chat.total).collect());
    add("unary: total".into(), sound().filter(|chat| !chat.streamed).map(|chat| chat.total).collect());
    add("served: first event".into(), served().filter_map(|chat| chat.first_event).collect());
    add("served: total".into(), served().map(|chat| chat.total).collect());
    let mut by_tool: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for tool in tools.iter().filter(|tool| !tool.failed) {
        by_tool.entry(&tool.tool).or_default().push(tool.total);
    }
    by_tool.into_iter().for_each(|(tool, samples)| add(format!("tool: {tool}"), samples));
    rows
}

fn median_gap(chat: &ChatSample) -> Option<f64> {
    summary(chat.gaps.iter().copied()).map(|gaps| gaps.percentiles[0].value)
}
