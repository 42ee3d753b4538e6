//! What somebody who watches a prompt may do to it, the same over every transport.

use serde::Deserialize;

use super::execution::Execution;
use crate::steer::SteerError;

/// What somebody does to a prompt that is worked on.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum Control {
    /// Stops it.
    Cancel {},
    /// Stops one of its tool calls.
    CancelTool { tool_use_id: String },
    /// Says something else in the middle of the answer.
    Redirect { text: String },
    /// Answers what a tool asked.
    Answer { tool_use_id: String, text: String },
}

/// Does it.
pub(super) fn control(execution: &Execution, control: &Control) -> Result<(), SteerError> {
    if execution.is_over() {
        return Err(SteerError::Over);
    }
    match control {
        Control::Cancel {} => {
            execution.stop();
            Ok(())
        }
        Control::CancelTool { tool_use_id } => execution.steering.cancel_tool(tool_use_id),
        Control::Redirect { text } => execution.steering.redirect(text),
        Control::Answer { tool_use_id, text } => execution.steering.answer(tool_use_id, text),
    }
}
