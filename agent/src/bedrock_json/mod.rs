//! SDK types in Bedrock's own JSON spelling: what the SDK received, written the way the service sends it, so that
//! both can be compared. It carries every member that the SDK models in what Converse, ConverseStream and the
//! Invoke streams answer; what the SDK drops (members newer than its model, the `p` padding) cannot be here.
//!
//! It must not know the agent: only SDK types and `serde_json` values go in and come out. The way back exists for what a
//! saved conversation holds.

mod content;
mod document;
mod events;
mod from_json;
mod guardrail;
mod obj;
mod reply;

pub use content::{content_block, message};
pub use document::{document_to_json, json_to_document, object_to_document};
pub use events::stream_event;
pub use from_json::message_from_json;
pub use reply::{converse_output, token_usage};
