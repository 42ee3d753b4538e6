//! What a ledger keeps of a call, as JSON. Pure.

use serde_json::{Value, json};

use super::ToolOutput;
use super::ledger::Kept;

/// The result of a call as JSON.
pub(crate) fn kept_to_json(result: &Kept) -> Value {
    match result {
        Ok(ToolOutput::Text(text)) => json!({ "text": text }),
        Ok(ToolOutput::Json(json)) => json!({ "json": json }),
        Err(error) => json!({ "error": error }),
    }
}

/// The way back; `None` where it is no such thing.
pub(crate) fn kept_from_json(result: &Value) -> Option<Kept> {
    let (kind, value) = result.as_object()?.iter().next()?;
    Some(match (kind.as_str(), value.as_str()) {
        ("text", Some(text)) => Ok(ToolOutput::Text(text.to_owned())),
        ("json", _) => Ok(ToolOutput::Json(value.clone())),
        ("error", Some(error)) => Err(error.to_owned()),
        _ => return None,
    })
}
