//! Tools: what one is, and a box of them. Three real ones as examples.

mod calculator;
mod current_time;
mod orders;
mod toolbox;

use std::pin::Pin;

use serde_json::{Map, Value};
use thiserror::Error;

pub use calculator::Calculator;
pub use current_time::CurrentTime;
pub use orders::{GetOrderStatus, OrderBook};
pub use toolbox::{Toolbox, ToolboxError};

/// Something that the model may ask for.
pub trait Tool: Send + Sync {
    /// The name that the model calls it by: 1 to 64 of `[a-zA-Z0-9_-]`.
    fn name(&self) -> &str;

    /// What it does, for the model; not blank.
    fn description(&self) -> &str;

    /// The JSON Schema of its input; its root must have `"type": "object"`.
    fn input_schema(&self) -> Value;

    /// Runs it. The input is an object but was not checked against the schema.
    ///
    /// The future is dropped when the run is, and when the tool's time is up.
    fn run<'a>(&'a self, input: &'a Map<String, Value>) -> ToolFuture<'a>;
}

/// A tool at work.
pub type ToolFuture<'a> = Pin<Box<dyn Future<Output = Result<ToolOutput, ToolError>> + Send + 'a>>;

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
#[error("{0}")]
pub struct ToolError(pub String);

impl ToolError {
    /// An error with a message for the model.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A required text member of a tool's input.
fn text_member<'a>(input: &'a Map<String, Value>, key: &str) -> Result<&'a str, ToolError> {
    match input.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(ToolError(format!("`{key}` must be a string, but it is {other}"))),
        None => Err(ToolError(format!("`{key}` is required and was not given"))),
    }
}
