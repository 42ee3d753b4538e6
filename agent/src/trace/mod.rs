//! What a run tells through `tracing`: spans under the names of OpenTelemetry's conventions, and events. Nobody has to listen.
//!
//! A field of a span holds no list: times of frames are one text with spaces between, and who sends the span elsewhere makes a
//! list of it. Content is told where a [`Capture`](crate::Capture) says so, and never otherwise.

mod events;
mod field;
mod spans;

pub(crate) use events::{Who, told};
pub(crate) use spans::{
    Answered, attempt, chat, end_attempt, end_chat, end_run, end_tool, invoke_agent, received, sent, tool,
};
