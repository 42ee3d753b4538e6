//! SDK types in Bedrock's own JSON spelling: what the SDK received, written the way the service sends it, so that
//! both can be compared. It carries every member that the SDK models in what Converse, ConverseStream and the
//! Invoke streams answer; what the SDK drops (members newer than its model, the `p` padding) cannot be here.
//!
//! It must not know the agent: only SDK types go in, only `serde_json` values come out.

mod content;
mod document;
mod events;
mod guardrail;
mod obj;
mod reply;

pub use content::{content_block, message};
pub use document::{document_to_json, json_to_document, object_to_document};
pub use events::stream_event;
pub use reply::{converse_output, token_usage};
