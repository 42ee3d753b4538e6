//! What a tool call came to.

use crate::stats::ToolStatus;
use crate::tools::ToolOutput;

/// What a tool call came to.
#[derive(Debug, Clone)]
pub(crate) struct ToolOutcome {
    /// The output, or an error text for the model.
    pub(crate) result: Result<ToolOutput, String>,
    /// How it went, for the record.
    pub(crate) status: ToolStatus,
}
