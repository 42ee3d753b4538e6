//! What a tool gives back: an output or an error. Knows nothing of how either reaches the model.

use serde_json::Value;
use thiserror::Error;

/// What a tool gives back.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolOutput {
    /// Text. Blank text reaches the model as a placeholder, because Bedrock refuses blank text.
    Text(String),
    /// JSON. Bedrock takes objects only; anything else reaches the model as text.
    Json(Value),
}

/// Why a tool gave nothing. The message goes to the model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ToolError {
    /// For the model.
    pub message: String,
    /// Whether the tool itself is unwell, so that another try may help. Only such failures are retried, count for the
    /// breaker and lead to a fallback; "there is no such order" is an answer.
    pub transient: bool,
}

impl ToolError {
    /// An error that another try would give again.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), transient: false }
    }

    /// An error that another try may not give.
    pub fn transient(message: impl Into<String>) -> Self {
        Self { message: message.into(), transient: true }
    }
}
