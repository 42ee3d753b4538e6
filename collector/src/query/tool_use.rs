//! What tools are like: how often they are called, how long that takes, how often it fails. Pure.

use super::tool::ToolSample;
use crate::statistics::{Summary, summary};
use serde::Serialize;
use std::collections::BTreeMap;

/// A call that takes at least so long, in seconds, is a slow one: who waits for an answer notices.
pub const SLOW: f64 = 5.0;

/// One tool. Times are seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToolUse {
    /// The tool.
    pub tool: String,
    /// Calls, whatever became of them.
    pub calls: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that took at least [`SLOW`], failed or not.
    pub slow: usize,
    /// How long all of them took: a tool that fails after a minute is a slow one.
    pub total: Summary,
}

/// Every tool, the most called first.
#[must_use]
pub fn tool_use(samples: &[ToolSample]) -> Vec<ToolUse> {
    let mut by_tool: BTreeMap<&str, Vec<&ToolSample>> = BTreeMap::new();
    for sample in samples {
        by_tool.entry(&sample.tool).or_default().push(sample);
    }
    let of = |(tool, calls): (&str, Vec<&ToolSample>)| {
        let total = summary(calls.iter().map(|call| call.total))?;
        let count = |which: fn(&ToolSample) -> bool| calls.iter().filter(|call| which(call)).count();
        let (failed, slow) = (count(|call| call.failed), count(|call| call.total >= SLOW));
        Some(ToolUse { tool: tool.to_owned(), calls: calls.len(), failed, slow, total })
    };
    let mut tools: Vec<ToolUse> = by_tool.into_iter().filter_map(of).collect();
    // Stable: equals stay in the order of their names.
    tools.sort_by_key(|tool| std::cmp::Reverse(tool.calls));
    tools
}
