//! Whether a tool call may run at all: the tool exists, its input is an object and fits the schema. Pure.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::history::Call;
use crate::tools::{AuditEvent, AuditRecord, Entry, ToolOutput, Toolbox};

/// How much of a bad input is quoted back to the model, in characters.
const QUOTED: usize = 400;

/// A call that may run.
pub(crate) struct Admitted {
    pub(crate) entry: Arc<Entry>,
    pub(crate) input: Map<String, Value>,
}

/// The call's tool and input, or what the model is told instead.
pub(crate) fn admit(toolbox: &Toolbox, call: &Call) -> Result<Admitted, String> {
    let Some(entry) = toolbox.find(&call.name) else {
        let names: Vec<_> = toolbox.names().collect();
        return Err(format!("There is no tool named {:?}. The tools are: {}.", call.name, names.join(", ")));
    };
    match &call.input {
        Ok(input) => {
            let told = |why| format!("The tool was not run. Its input does not fit its schema: {why}.");
            entry.check.check(input).map_err(told)?;
            Ok(Admitted { entry: Arc::clone(entry), input: input.clone() })
        }
        Err(bad) => {
            let quoted: String = bad.raw.chars().take(QUOTED).collect();
            let wanted = "The tool was not run. Its input must be a JSON object, but";
            Err(format!("{wanted} {}. The input was: {quoted}", bad.why))
        }
    }
}

/// The call as a line of the audit log.
pub(crate) fn record(
    call: &Call,
    event: AuditEvent,
    result: Option<Result<ToolOutput, String>>,
) -> AuditRecord {
    let input = match &call.input {
        Ok(input) => Value::Object(input.clone()),
        Err(bad) => Value::from(bad.raw.clone()),
    };
    AuditRecord { event, tool_use_id: call.id.clone(), name: call.name.clone(), input, result }
}
