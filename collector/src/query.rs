//! What can be asked of a store. Pure questions over a connection: who asks brings one ([`crate::store::to_read`], or
//! [`crate::Collector::ask`]). It knows no server and no page.

mod chat;
mod conversation;
mod digest;
mod give_back;
mod latency;
mod series;
mod span;
mod tool;
mod tool_use;
mod trace;
mod trouble;

pub use chat::{ChatSample, Usage, chats, usage_by_model};
pub(crate) use chat::{frames as chat_frames, offset};
pub use conversation::{Conversation, WantedConversations, conversations};
pub use digest::Digest;
pub use give_back::{logs, metrics, traces_as_sent};
pub use latency::{Latency, latency, samples};
pub use series::{Bucket, series};
pub use span::{StoredSpan, span, spans, spans_since};
pub use tool::{ToolSample, tools};
pub use tool_use::{SLOW, ToolUse, tool_use};
pub use trace::{Trace, Wanted, count_traces, slowest, trace, traces};
pub use trouble::{Trouble, trouble};

/// A stretch of time, in nanoseconds since 1970: from the first on, before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment in it.
    pub from: i64,
    /// The first moment after it.
    pub until: i64,
}

impl Window {
    /// All time.
    pub const ALL: Self = Self { from: i64::MIN, until: i64::MAX };
}
