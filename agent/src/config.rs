//! What a run may do: model, mode, bounds. Plain values.

use std::time::Duration;

use serde_json::Value;

use crate::capture::Capture;
use crate::policy::CallPolicy;

/// How the model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Converse: one request, one whole answer.
    Unary,
    /// ConverseStream: the answer arrives event by event.
    Streaming,
}

/// The agent's settings. [`AgentConfig::new`] gives the defaults named at each field.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The agent's name in traces. Default `faultline`.
    pub name: String,
    /// Whether traces hold content. Default none: they do not.
    pub capture: Option<Capture>,
    /// Model id, inference profile id or ARN.
    pub model_id: String,
    /// Default: streaming.
    pub mode: Mode,
    /// The system prompt, if any.
    pub system: Option<String>,
    /// `inferenceConfig.maxTokens`, always sent; at least 1. Default 1024.
    pub max_tokens: u32,
    /// `inferenceConfig.temperature`, 0 to 1; the model's default where absent.
    pub temperature: Option<f32>,
    /// `inferenceConfig.stopSequences`.
    pub stop_sequences: Vec<String>,
    /// `additionalModelRequestFields`, for example a model's reasoning settings.
    pub additional_request_fields: Option<Value>,
    /// How many model calls one prompt may cost. Default 10.
    pub max_turns: u32,
    /// How many tools run at once; 0 counts as 1. Default 4.
    pub tool_concurrency: usize,
    /// How long one tool may run before the model gets an error result. Default 60 s.
    pub tool_timeout: Option<Duration>,
    /// Longest silence before the first and between two events of a stream. Default 60 s, as botocore's read
    /// timeout; the Rust SDK itself has none.
    pub event_timeout: Option<Duration>,
    /// Longest wait for the first event of a stream, from the request on, and for a unary answer. Default none: a stream's
    /// head and its first event each have `event_timeout`, a unary answer has the client's own time limits.
    pub first_event_timeout: Option<Duration>,
    /// How long to wait after `messageStop` for `metadata` and the end of the stream. The answer is whole by then, so
    /// running out of time costs the usage figures only. Default 2 s.
    pub metadata_wait: Duration,
    /// Whether prompt-cache points are set behind system prompt and tools, where the model takes them. Default true.
    pub prompt_caching: bool,
    /// What to do about model calls that fail. Default [`CallPolicy::once`], because SDK clients retry by themselves;
    /// [`CallPolicy::patient`] wants a client of one attempt.
    pub calls: CallPolicy,
}

impl AgentConfig {
    /// The defaults, for one model.
    #[must_use]
    pub fn new(model_id: impl Into<String>) -> Self {
        Self {
            name: "faultline".to_owned(),
            capture: None,
            model_id: model_id.into(),
            mode: Mode::Streaming,
            system: None,
            max_tokens: 1024,
            temperature: None,
            stop_sequences: Vec::new(),
            additional_request_fields: None,
            max_turns: 10,
            tool_concurrency: 4,
            tool_timeout: Some(Duration::from_secs(60)),
            event_timeout: Some(Duration::from_secs(60)),
            first_event_timeout: None,
            metadata_wait: Duration::from_secs(2),
            prompt_caching: true,
            calls: CallPolicy::once(),
        }
    }
}
