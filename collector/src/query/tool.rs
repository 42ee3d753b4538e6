//! Tool calls. Raw samples, one a call.

use super::Window;
use super::span::{StoredSpan, each};
use crate::attribute::text_of;
use crate::store::StoreError;
use faultline_telemetry::semconv::{EXECUTE_TOOL, Version};
use rusqlite::{Connection, params};
use serde::Serialize;

/// A tool call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToolSample {
    /// The tool.
    pub tool: String,
    /// When it began, nanoseconds since 1970.
    pub started: i64,
    /// How long it took, in seconds.
    pub total: f64,
    /// Whether it failed.
    pub failed: bool,
}

/// All tool calls that began then, the oldest first.
///
/// # Errors
/// When the store cannot be read.
pub fn tools(store: &Connection, window: Window) -> Result<Vec<ToolSample>, StoreError> {
    let mut samples = Vec::new();
    let condition = "operation = ? AND spans.started >= ? AND spans.started < ? ORDER BY spans.started";
    each(store, condition, params![EXECUTE_TOOL, window.from, window.until], |stored| {
        samples.push(ToolSample::of(&stored));
    })?;
    Ok(samples)
}

impl ToolSample {
    /// What a span tells of a tool call.
    #[must_use]
    pub fn of(stored: &StoredSpan) -> Self {
        let span = &stored.span;
        let named = text_of(&span.attributes, Version::default().names().tool_name);
        Self {
            tool: named.unwrap_or(&span.name).to_owned(),
            started: i64::try_from(span.start_time_unix_nano).unwrap_or(i64::MAX),
            total: stored.duration(),
            failed: span.status.as_ref().is_some_and(|status| status.code == 2),
        }
    }
}
