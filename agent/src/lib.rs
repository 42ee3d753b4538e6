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
//! - A tool may be behind HTTP ([`tools::HttpTool`]), of an MCP server behind HTTP, over streams or as a program
//!   ([`tools::McpServer`]), a job that is polled ([`tools::Polled`]), or, with the feature `sql`, a query of SQLite or
//!   PostgreSQL (`tools::sql`) that can change nothing.
//! - Dropping the future of [`Agent::run`] drops the stream (HTTP/1.1: the connection closes, HTTP/2: the stream is
//!   reset) and aborts the tools that run.
//! - What to do about a failed attempt is a [`CallPolicy`]. [`CallPolicy::once`], the default, leaves retries to the SDK,
//!   which makes none once a stream has begun. [`CallPolicy::patient`] wants a client of one attempt and does all of it here:
//!   every failure is [classified](classify) as worth a retry, permanent or in want of another request; pauses grow, with full
//!   jitter, a floor and a cap, and never undercut what the service asked for; a deadline bounds attempts and pauses together; a
//!   model that keeps failing is left alone for a while; other models may be asked, also in the middle of a call whose first
//!   event does not come in time; a refused form of request (streaming, cache
//!   points, a history that is too long) is changed once and remembered.
//! - Text that was shown is not shown again when a turn is asked for again; where the new text differs,
//!   [`AgentEvent::TextReplaced`] says from where. A tool runs once, because nothing runs before a message is whole.
//! - Usage is counted once for each attempt, and each attempt is in [`RunStats::attempts`], also when the run fails.
//! - Who holds a run's [`Steering`] may say something else in the middle of an answer, cancel one tool call, and answer what a
//!   tool asks ([`tools::AskUser`]). The history stays valid: what was shown stays, marked as broken off, every call has a result.
//! - A conversation can be [saved](Conversation::save), [loaded](Conversation::load) and [trimmed](Conversation::trim); what is
//!   loaded is repaired, what is trimmed keeps calls and results together.
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
//! conversation that holds tool calls needs an agent with tools: Bedrock refuses it without a `toolConfig`. Credentials are
//! not refreshed: an expired token ends the run. Only who keeps each [`AgentEvent::Checkpoint`] can go on in the middle of a
//! prompt after a kill ([`Agent::take_up`]); workers of a queue do ([`serve::work`]).

mod agent;
mod assembly;
mod attempt;
mod backoff;
pub mod bedrock_json;
mod breaker;
mod caching;
mod capture;
mod cause;
mod chance;
mod changes;
mod circuit;
mod classify;
pub mod client;
mod clock;
mod compaction;
mod config;
mod content_type;
mod conversation;
mod dead_letters;
mod deadline;
mod decide;
mod error;
mod events;
mod failure;
mod fault;
mod frames;
mod history;
mod model_call;
mod patience;
mod policy;
pub mod received;
mod repair;
mod reply;
mod request;
mod retry;
mod route;
mod run;
#[cfg(test)]
mod sample;
pub mod serve;
mod session_file;
mod shared;
mod shown;
mod stats;
mod steer;
mod tool_admission;
mod tool_attempt;
mod tool_batch;
mod tool_call;
mod tool_cancel;
mod tool_note;
mod tool_outcome;
mod tool_run;
pub mod tools;
mod trace;
mod trim;
mod unfinished;
mod usage;
pub mod wire_event;

pub use agent::Agent;
pub use backoff::Backoff;
pub use capture::Capture;
pub use cause::{Cause, OpenCircuit, Place, ServiceFault};
pub use chance::{Chance, SystemChance};
pub use circuit::BreakerSettings;
pub use classify::{Change, Verdict, classify};
pub use clock::{Clock, TokioClock};
pub use config::{AgentConfig, Mode};
pub use conversation::{Conversation, Labels};
pub use dead_letters::{DeadLetter, DeadLetters, DeadLettersError};
pub use error::{AgentError, Partial};
pub use events::{AgentEvent, Sink, to_channel};
pub use policy::{CallPolicy, Overflow, PartialPolicy};
pub use reply::{BadInput, ToolInput};
pub use route::Route;
pub use session_file::SessionError;
pub use stats::{Answer, AttemptRecord, RunStats, ToolRecord, ToolStatus};
pub use steer::{SteerError, Steering};
pub use tools::{Tool, ToolContext, ToolError, ToolOutput, ToolPolicy, Toolbox};
pub use usage::Usage;
