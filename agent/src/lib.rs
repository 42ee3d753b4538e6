//! A small, honest tool-using agent on the AWS SDK for Bedrock Runtime: unary (Converse) and streaming
//! (ConverseStream). It takes an SDK client and knows nothing of what answers at the other end.
//!
//! # Three rules of streaming tool use
//!
//! 1. **Fragments are kept per `contentBlockIndex` and only joined.** A fragment may end inside a key, an escape or a
//!    surrogate pair, and blocks may interleave; a fragment on its own means nothing.
//! 2. **A tool's input is parsed only after `contentBlockStop`.** An empty or missing input is `{}`. Anything that is
//!    not a JSON object is answered to the model as an error `toolResult` and never run.
//! 3. **Nothing runs before `messageStop`, with the message whole.** There is no success without `messageStop`: a
//!    stream that just ends, which no SDK reports, is [`Cause::Incomplete`], an error that keeps the partial text.
//!
//! # What else it holds to
//!
//! - Parallel tools run side by side, bounded; all results go back in one user message, in the order of the `toolUse`
//!   blocks, each under its `toolUseId`. A tool that fails, panics, takes too long or does not exist answers the model
//!   with an error text.
//! - A tool call is run for the stop reasons `tool_use` and `end_turn` only. Where another reason stopped the message
//!   (`max_tokens` above all) the block may have been cut, also if it happens to parse.
//! - The history stays valid for Bedrock. A run works on a draft and the conversation takes it over only when the run
//!   has succeeded: after an error, or when the future is dropped, the conversation is what it was before the prompt.
//! - A tool's input is checked against its JSON Schema before the tool runs; what does not fit is answered to the model
//!   as an error. A [`ToolPolicy`] says the rest of how a tool is treated: hard and soft timeouts, retries (idempotent
//!   tools only, each with an event), a three-state breaker, a rate, a cache, what it needs, its fallback.
//! - With a [`tools::Ledger`] a write is never executed twice for one toolUseId, also after a crash with a
//!   [`tools::FileLedger`]: a call that began and never finished is answered as unknown. Without one, nothing outlives
//!   the run. A [`tools::AuditLog`] keeps every call in a chain of hashes; it shows what was changed, not what was cut
//!   off at the end, and it redacts nothing.
//! - A tool may be a program ([`tools::Subprocess`]), in a process group of its own that is killed with the call, under
//!   limits of CPU time, memory, file size and open files, without a network and with the files that it is given. Where
//!   the machine lacks one of these walls, the program does not run, unless told to; [`tools::enforced`] says which
//!   there are, and what never is enforced.
//! - A tool may be behind HTTP ([`tools::HttpTool`]), of an MCP server over streams or as a program
//!   ([`tools::McpServer`]; not over HTTP), or a job that is polled ([`tools::Polled`]). There are none over SQL.
//! - Dropping the future of [`Agent::run`] drops the stream (HTTP/1.1: the connection closes, HTTP/2: the stream is
//!   reset) and aborts the tools that run.
//! - Retries are the SDK's alone, and an SDK retries nothing once a stream has begun.
//!
//! # How to use it
//!
//! ```no_run
//! use faultline_agent::client::{ClientSettings, client};
//! use faultline_agent::tools::{Calculator, CurrentTime, GetOrderStatus};
//! use faultline_agent::{Agent, AgentConfig, Conversation, Toolbox};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = ClientSettings { endpoint_url: Some("http://127.0.0.1:4566".into()), ..ClientSettings::default() };
//! let toolbox = Toolbox::new()
//!     .with(Calculator)?
//!     .with(GetOrderStatus::default())?
//!     .with(CurrentTime::new(std::time::SystemTime::now))?;
//! let agent = Agent::new(client(&settings)?, AgentConfig::new("anthropic.claude-sonnet-4-5"), toolbox);
//! let mut conversation = Conversation::new();
//! let answer = agent.run(&mut conversation, "Where is order A-10293?", &mut |event| drop(event)).await?;
//! assert!(answer.is_complete());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//!
//! Images, citations and server-side tools in an answer are let through but not replayed to the model. What is
//! remembered of tools (breakers, rates, caches) lasts as long as the [`Toolbox`]; only the ledger and the audit log are
//! files. A tool's blocking code cannot be stopped by a timeout: a future is dropped between two of its awaits only. A
//! conversation that holds tool calls needs an agent with tools: Bedrock refuses
//! it without a `toolConfig`.

mod agent;
mod assembly;
pub mod bedrock_json;
pub mod client;
mod clock;
mod config;
mod content_type;
mod conversation;
mod decide;
mod error;
mod events;
mod fault;
mod history;
mod model_call;
pub mod received;
mod reply;
mod run;
mod stats;
mod tool_admission;
mod tool_attempt;
mod tool_batch;
mod tool_call;
mod tool_note;
mod tool_outcome;
mod tool_run;
pub mod tools;
mod usage;

pub use agent::Agent;
pub use clock::{Clock, TokioClock};
pub use config::{AgentConfig, Mode};
pub use conversation::Conversation;
pub use error::{AgentError, Cause, Partial, Place, ServiceFault};
pub use events::{AgentEvent, Sink, to_channel};
pub use reply::{BadInput, ToolInput};
pub use stats::{Answer, RunStats, ToolRecord, ToolStatus};
pub use tools::{Tool, ToolContext, ToolError, ToolOutput, ToolPolicy, Toolbox};
pub use usage::Usage;
