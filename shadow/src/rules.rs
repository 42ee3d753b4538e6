//! What counts as a difference. The defaults are the strictest.

use serde::{Deserialize, Serialize};

/// How hard two transcripts are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Rules {
    /// Whether the order of tool calls matters.
    pub tool_order: ToolOrder,
    /// Members of a turn's usage that are not compared, at any depth: caches that the first arm fills for the second.
    pub usage_without: Vec<String>,
    /// Classes that are not looked for at all.
    pub without: Vec<crate::divergence::Class>,
}

/// Whether the order of tool calls matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToolOrder {
    /// Everywhere.
    #[default]
    Strict,
    /// Between turns; calls of one turn run side by side and may be asked for in any order.
    Turns,
    /// Nowhere.
    Free,
}
