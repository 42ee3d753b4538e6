//! Percentiles of model calls and tools, one sample a call. Pure.

use super::chat::ChatSample;
use super::tool::ToolSample;
use crate::statistics::{Summary, summary};
use serde::Serialize;
use std::borrow::Borrow;
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
pub fn latency(chats: &[impl Borrow<ChatSample>], tools: &[ToolSample]) -> Vec<Latency> {
    let rows = samples(chats, tools).into_iter();
    rows.filter_map(|(name, samples)| summary(samples).map(|summary| Latency { name, summary })).collect()
}

/// What was measured, and all its samples, in seconds: those of [`latency`]. Some may have none.
#[must_use]
pub fn samples(chats: &[impl Borrow<ChatSample>], tools: &[ToolSample]) -> Vec<(String, Vec<f64>)> {
    let sound = || chats.iter().map(Borrow::borrow).filter(|chat| chat.error.is_none());
    let streams = || sound().filter(|chat| chat.streamed);
    let mut rows: Vec<(String, Vec<f64>)> = vec![
        ("stream: first event".into(), streams().filter_map(|chat| chat.first_event).collect()),
        ("stream: first text".into(), streams().filter_map(|chat| chat.first_text).collect()),
        // One sample a stream: the gaps of one stream say much the same, and all together would look surer than they are.
        ("stream: its median gap".into(), streams().filter_map(median_gap).collect()),
        ("stream: longest stall".into(), streams().filter_map(|chat| chat.longest_stall).collect()),
        ("stream: total".into(), streams().map(|chat| chat.total).collect()),
        ("unary: total".into(), sound().filter(|chat| !chat.streamed).map(|chat| chat.total).collect()),
    ];
    let mut by_tool: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for tool in tools.iter().filter(|tool| !tool.failed) {
        by_tool.entry(&tool.tool).or_default().push(tool.total);
    }
    rows.extend(by_tool.into_iter().map(|(tool, samples)| (format!("tool: {tool}"), samples)));
    rows
}

/// The median silence between two of its frames.
pub(super) fn median_gap(chat: &ChatSample) -> Option<f64> {
    summary(chat.gaps.iter().copied()).map(|gaps| gaps.percentiles[0].value)
}
