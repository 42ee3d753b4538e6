//! How a service behaves. Plain values.

use std::sync::Arc;
use std::time::Duration;

use faultline_queue::Queue;

use crate::conversation::Conversation;
use crate::error::AgentError;

/// Who is told of a prompt that failed.
pub type OnFailure = Arc<dyn Fn(&str, &str, &Conversation, &AgentError) + Send + Sync>;

/// How a service behaves. The defaults are named at each field.
#[derive(Clone)]
pub struct ServeSettings {
    /// So many events go out together at most. Default 100.
    pub batch: usize,
    /// So long an event waits for others. Default 100 ms; the first text of a turn and what a person waits for never wait.
    pub interval: Duration,
    /// A comment is sent where nothing else was for so long, so that nobody takes silence for an end. Default 15 s.
    pub heartbeat: Duration,
    /// So long a client that left may come back before its prompt is stopped. Default 800 ms.
    pub linger: Duration,
    /// Where ids of executions come from: what nobody can guess.
    pub ids: Arc<dyn Fn() -> String + Send + Sync>,
    /// Told of every prompt that failed: its execution, what was asked, the conversation before it, and why. It is called
    /// while others wait, so it is to be quick. Default: nobody.
    pub failed: Option<OnFailure>,
    /// Where tasks are put, for workers to take them. Default: nowhere, and there are no routes for tasks.
    pub tasks: Option<Queue>,
    /// Whether requests that name another host than this machine are taken.
    pub any_host: bool,
}

impl ServeSettings {
    /// The defaults.
    #[must_use]
    pub fn new(ids: Arc<dyn Fn() -> String + Send + Sync>) -> Self {
        Self {
            batch: 100,
            interval: Duration::from_millis(100),
            heartbeat: Duration::from_secs(15),
            linger: Duration::from_millis(800),
            ids,
            failed: None,
            tasks: None,
            any_host: false,
        }
    }
}
