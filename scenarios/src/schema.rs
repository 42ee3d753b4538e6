//! The JSON Schema of the scenario format: what an editor completes from, and what the loader enforces.

use crate::file::ScenarioFile;
use serde_json::Value;

/// The schema, draft 2020-12, derived from the types that read the format.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(ScenarioFile).to_value();
    if let Some(members) = schema.as_object_mut() {
        members.insert("title".to_owned(), "faultline scenario, format 1".into());
    }
    schema
}
