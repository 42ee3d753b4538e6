//! Somebody stops the agent in the middle: a user presses Ctrl-C, closes a page, or loses patience. Pure data; `grade` acts.

use crate::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;

/// When the agent is stopped: a command gets SIGINT, the answer of a service is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interrupt {
    /// Once this request of the run has come, from 1. Requests count attempts.
    #[schemars(range(min = 1))]
    pub call: u64,
    /// So long after it, in real time.
    pub after: Span,
    /// The first prompt alone goes to the run that is stopped. The others go to a second run, which finds in the folder
    /// that FAULTLINE_STATE names whatever the first has kept there of its conversation.
    #[serde(default)]
    pub resume: bool,
}
