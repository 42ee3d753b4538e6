//! Tools: what one is, a box of them, and what surrounds their calls. It knows no model and no conversation.

mod ask_user;
mod audit;
mod cache;
mod calculator;
mod context;
mod current_time;
mod described;
mod entry;
mod file_access;
mod file_ledger;
mod http;
mod input_check;
mod journal;
mod kept;
mod key;
mod ledger;
mod mcp;
mod mcp_http;
mod needs;
mod orders;
mod output;
mod policy;
mod polled;
#[cfg(unix)]
mod process;
mod process_limits;
mod sandbox;
#[cfg(feature = "sql")]
pub mod sql;
mod state;
#[cfg(unix)]
mod subprocess;
mod token_bucket;
mod toolbox;
mod typed;

use std::pin::Pin;

use serde_json::{Map, Value};

pub use ask_user::AskUser;
pub use audit::{AuditError, AuditEvent, AuditLog, AuditRecord, Verified, verify_audit};
pub use calculator::Calculator;
pub use context::{Question, ToolContext};
pub use current_time::CurrentTime;
pub use file_access::FileAccess;
pub use file_ledger::FileLedger;
pub use http::{HttpPool, HttpTool, HttpToolError};
pub use ledger::{Begun, Ledger, MemoryLedger};
pub use mcp::{McpError, McpServer, McpTool};
pub use orders::{GetOrderStatus, OrderBook};
pub use output::{ToolError, ToolOutput};
pub use policy::ToolPolicy;
pub use polled::{Job, PollFuture, Polled, TicketFuture};
pub use process_limits::ProcessLimits;
pub use sandbox::{Enforced, Sandbox, enforced};
#[cfg(unix)]
pub use subprocess::Subprocess;
pub use token_bucket::RateLimit;
pub use toolbox::{Toolbox, ToolboxError};
pub use typed::TypedTool;

pub(crate) use context::Piece;
pub(crate) use entry::Entry;
pub(crate) use journal::Beginning;
pub(crate) use kept::{kept_from_json, kept_to_json};
pub(crate) use key::{canonical, idempotency_key, sha256_hex};
pub(crate) use needs::{Need, need};
pub(crate) use state::{Gate, Health};

/// Something that the model may ask for.
pub trait Tool: Send + Sync {
    /// The name that the model calls it by: 1 to 64 of `[a-zA-Z0-9_-]`.
    fn name(&self) -> &str;

    /// What it does, for the model; not blank.
    fn description(&self) -> &str;

    /// The JSON Schema of its input; its root must have `"type": "object"`. Inputs are checked against it.
    fn input_schema(&self) -> Value;

    /// How its calls are treated; by default as a write that is tried once.
    fn policy(&self) -> ToolPolicy {
        ToolPolicy::default()
    }

    /// Runs it. The input fits [`Tool::input_schema`].
    ///
    /// The future is dropped when the run is, and when the tool's time is up.
    fn run<'a>(&'a self, input: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a>;
}

/// A tool at work.
pub type ToolFuture<'a> = Pin<Box<dyn Future<Output = Result<ToolOutput, ToolError>> + Send + 'a>>;

/// A required text member of a tool's input.
fn text_member<'a>(input: &'a Map<String, Value>, key: &str) -> Result<&'a str, ToolError> {
    match input.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(ToolError::new(format!("`{key}` must be a string, but it is {other}"))),
        None => Err(ToolError::new(format!("`{key}` is required and was not given"))),
    }
}
