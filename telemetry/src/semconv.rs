//! The names of OpenTelemetry's conventions for generative AI, and those of HTTP and errors that belong to a model call.
//!
//! [`Version::V1_41_1`] is what most readers know today and what is told. Others are read: [`spellings`] gives every name
//! that a thing has or had.

/// Whose names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// semantic-conventions 1.36: `gen_ai.system` instead of a provider. The instrumentation of botocore still says this.
    V1_36,
    /// semantic-conventions 1.41.1, the last one that has generative AI in the main repository.
    #[default]
    V1_41_1,
    /// What is drafted in semantic-conventions-genai (requests 374 and 521): not released, and it may change.
    Draft,
}

impl Version {
    /// All of them, the one to tell first.
    pub const ALL: [Self; 3] = [Self::V1_41_1, Self::Draft, Self::V1_36];

    /// Its names.
    #[must_use]
    pub const fn names(self) -> &'static Names {
        match self {
            Self::V1_36 => &V1_36,
            Self::V1_41_1 => &V1_41_1,
            Self::Draft => &DRAFT,
        }
    }
}

/// Every spelling of one thing, the one to tell first, none twice.
#[must_use]
pub fn spellings(which: impl Fn(&Names) -> &'static str) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for name in Version::ALL.map(|version| which(version.names())) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// How tokens are counted by metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenMetrics {
    /// One histogram, with [`Names::token_type`].
    ByType(&'static str),
    /// A histogram for each kind.
    Split {
        /// What the model read.
        input: &'static str,
        /// What it wrote.
        output: &'static str,
    },
}

/// The names of one version. Attributes of spans, unless said otherwise; durations are in seconds, as doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The version, as `schema_url` has it at its end.
    pub version: &'static str,

    /// What is done: [`CHAT`], [`EXECUTE_TOOL`], [`INVOKE_AGENT`].
    pub operation_name: &'static str,
    /// Who serves the model: [`AWS_BEDROCK`].
    pub provider_name: &'static str,
    /// The conversation that it belongs to.
    pub conversation_id: &'static str,
    /// The agent's name.
    pub agent_name: &'static str,
    /// Whom it works for.
    pub user_id: &'static str,

    /// The model that was asked for.
    pub request_model: &'static str,
    /// Whether a stream was asked for; only when it was.
    pub request_stream: &'static str,
    /// The most tokens.
    pub request_max_tokens: &'static str,
    /// The temperature.
    pub request_temperature: &'static str,
    /// The nucleus.
    pub request_top_p: &'static str,
    /// The sequences that end it.
    pub request_stop_sequences: &'static str,

    /// The model that answered.
    pub response_model: &'static str,
    /// The answer's id.
    pub response_id: &'static str,
    /// Why it ended, an array.
    pub response_finish_reasons: &'static str,
    /// From the request to the first chunk; streams only.
    pub response_time_to_first_chunk: &'static str,

    /// What the model was sent; only where content is asked for.
    pub input_messages: &'static str,
    /// What it answered; only where content is asked for.
    pub output_messages: &'static str,

    /// Tokens read.
    pub usage_input_tokens: &'static str,
    /// Tokens written.
    pub usage_output_tokens: &'static str,
    /// Tokens read from the cache.
    pub usage_cache_read_tokens: &'static str,
    /// Tokens written to the cache.
    pub usage_cache_write_tokens: &'static str,

    /// The tool's name.
    pub tool_name: &'static str,
    /// The id of the call.
    pub tool_call_id: &'static str,
    /// What kind of tool: `function`.
    pub tool_type: &'static str,
    /// Its input; only where content is asked for.
    pub tool_call_arguments: &'static str,
    /// Its result; only where content is asked for.
    pub tool_call_result: &'static str,

    /// The class of an error: `ThrottlingException`.
    pub error_type: &'static str,
    /// The status of an HTTP answer.
    pub http_status: &'static str,
    /// Which attempt an HTTP request is, from 1 for the first retry.
    pub http_resend_count: &'static str,
    /// The host that was asked.
    pub server_address: &'static str,
    /// Its port.
    pub server_port: &'static str,
    /// Resource: who tells.
    pub service_name: &'static str,

    /// Metric, histogram: a model call.
    pub metric_operation_duration: &'static str,
    /// Metric, histogram: to the first chunk.
    pub metric_time_to_first_chunk: &'static str,
    /// Metric, histogram: each chunk after the first.
    pub metric_time_per_output_chunk: &'static str,
    /// Metric: tokens.
    pub metric_tokens: TokenMetrics,
    /// Metric, histogram: a tool call.
    pub metric_tool_duration: &'static str,
    /// Metric, histogram: an agent at work.
    pub metric_agent_duration: &'static str,
    /// Metric, histogram: a request, as the server saw it.
    pub metric_server_duration: &'static str,
    /// Metric, histogram: to the first token, as the server saw it.
    pub metric_server_first_token: &'static str,
    /// Metric, histogram: each token after the first, as the server saw it.
    pub metric_server_per_token: &'static str,
    /// Attribute of a metric: `input` or `output`.
    pub token_type: &'static str,
}

impl Names {
    /// What `key` of these names is called in `other`, where that is something else. Of attributes; not of metrics.
    #[must_use]
    pub fn renamed(&self, key: &str, other: &Self) -> Option<&'static str> {
        let pairs = [
            (self.provider_name, other.provider_name),
            (self.usage_cache_read_tokens, other.usage_cache_read_tokens),
            (self.usage_cache_write_tokens, other.usage_cache_write_tokens),
        ];
        pairs.into_iter().find(|(from, to)| *from == key && from != to).map(|(_, to)| to)
    }
}

/// Value of [`Names::operation_name`]: a model call.
pub const CHAT: &str = "chat";
/// Values of [`Names::operation_name`] that are a model call: [`CHAT`], and what older interfaces say.
pub const MODEL_CALLS: [&str; 3] = [CHAT, "text_completion", "generate_content"];
/// Value of [`Names::operation_name`]: a tool call.
pub const EXECUTE_TOOL: &str = "execute_tool";
/// Value of [`Names::operation_name`]: an agent at work.
pub const INVOKE_AGENT: &str = "invoke_agent";
/// Value of [`Names::provider_name`].
pub const AWS_BEDROCK: &str = "aws.bedrock";

/// Bounds in seconds that the conventions recommend for durations. They are coarse: see raw samples for a verdict.
pub const DURATION_BOUNDS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

const V1_41_1: Names = Names {
    version: "1.41.1",
    operation_name: "gen_ai.operation.name",
    provider_name: "gen_ai.provider.name",
    conversation_id: "gen_ai.conversation.id",
    agent_name: "gen_ai.agent.name",
    user_id: "user.id",
    request_model: "gen_ai.request.model",
    request_stream: "gen_ai.request.stream",
    request_max_tokens: "gen_ai.request.max_tokens",
    request_temperature: "gen_ai.request.temperature",
    request_top_p: "gen_ai.request.top_p",
    request_stop_sequences: "gen_ai.request.stop_sequences",
    response_model: "gen_ai.response.model",
    response_id: "gen_ai.response.id",
    response_finish_reasons: "gen_ai.response.finish_reasons",
    response_time_to_first_chunk: "gen_ai.response.time_to_first_chunk",
    input_messages: "gen_ai.input.messages",
    output_messages: "gen_ai.output.messages",
    usage_input_tokens: "gen_ai.usage.input_tokens",
    usage_output_tokens: "gen_ai.usage.output_tokens",
    usage_cache_read_tokens: "gen_ai.usage.cache_read.input_tokens",
    usage_cache_write_tokens: "gen_ai.usage.cache_creation.input_tokens",
    tool_name: "gen_ai.tool.name",
    tool_call_id: "gen_ai.tool.call.id",
    tool_type: "gen_ai.tool.type",
    tool_call_arguments: "gen_ai.tool.call.arguments",
    tool_call_result: "gen_ai.tool.call.result",
    error_type: "error.type",
    http_status: "http.response.status_code",
    http_resend_count: "http.request.resend_count",
    server_address: "server.address",
    server_port: "server.port",
    service_name: "service.name",
    metric_operation_duration: "gen_ai.client.operation.duration",
    metric_time_to_first_chunk: "gen_ai.client.operation.time_to_first_chunk",
    metric_time_per_output_chunk: "gen_ai.client.operation.time_per_output_chunk",
    metric_tokens: TokenMetrics::ByType("gen_ai.client.token.usage"),
    metric_tool_duration: "gen_ai.execute_tool.duration",
    metric_agent_duration: "gen_ai.invoke_agent.duration",
    metric_server_duration: "gen_ai.server.request.duration",
    metric_server_first_token: "gen_ai.server.time_to_first_token",
    metric_server_per_token: "gen_ai.server.time_per_output_token",
    token_type: "gen_ai.token.type",
};

const V1_36: Names = Names { version: "1.36.0", provider_name: "gen_ai.system", ..V1_41_1 };

const DRAFT: Names = Names {
    version: "draft",
    usage_cache_write_tokens: "gen_ai.usage.cache_write.input_tokens",
    metric_operation_duration: "gen_ai.client.inference.duration",
    metric_time_to_first_chunk: "gen_ai.client.inference.time_to_first_chunk",
    metric_time_per_output_chunk: "gen_ai.client.inference.time_per_output_chunk",
    metric_tokens: TokenMetrics::Split {
        input: "gen_ai.client.inference.operation.input_tokens",
        output: "gen_ai.client.inference.operation.output_tokens",
    },
    ..V1_41_1
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_the_default_version() {
        assert_eq!(Version::default().names().version, "1.41.1");
        assert_eq!(Version::ALL[0], Version::default());
    }

    #[test]
    fn every_spelling_is_given_once_and_the_told_one_first() {
        assert_eq!(spellings(|names| names.provider_name), ["gen_ai.provider.name", "gen_ai.system"]);
        assert_eq!(spellings(|names| names.operation_name), ["gen_ai.operation.name"]);
        let cache = spellings(|names| names.usage_cache_write_tokens);
        assert_eq!(
            cache,
            ["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"]
        );
    }

    #[test]
    fn the_bounds_double() {
        assert!(DURATION_BOUNDS.windows(2).all(|pair| (pair[1] / pair[0] - 2.0).abs() < 1e-9));
    }
}
