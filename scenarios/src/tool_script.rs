//! What a scripted tool does: `tools` of a scenario. Pure data; the tool server acts.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What one tool does.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolScript {
    /// What it returns.
    pub result: Option<Value>,
}
