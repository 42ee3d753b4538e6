//! The names of the fields of spans. A span's fields stand in the program, so they are one version's.

use faultline_telemetry::semconv::{Names, Version};

const N: &Names = Version::V1_41_1.names();

pub(super) const AGENT_NAME: &str = N.agent_name;
pub(super) const CONVERSATION_ID: &str = N.conversation_id;
pub(super) const ERROR_TYPE: &str = N.error_type;
pub(super) const HTTP_RESEND_COUNT: &str = N.http_resend_count;
pub(super) const HTTP_STATUS: &str = N.http_status;
pub(super) const INPUT_MESSAGES: &str = N.input_messages;
pub(super) const OPERATION_NAME: &str = N.operation_name;
pub(super) const OUTPUT_MESSAGES: &str = N.output_messages;
pub(super) const PROVIDER_NAME: &str = N.provider_name;
pub(super) const REQUEST_MAX_TOKENS: &str = N.request_max_tokens;
pub(super) const REQUEST_MODEL: &str = N.request_model;
pub(super) const REQUEST_STREAM: &str = N.request_stream;
pub(super) const REQUEST_TEMPERATURE: &str = N.request_temperature;
pub(super) const RESPONSE_FINISH_REASONS: &str = N.response_finish_reasons;
pub(super) const RESPONSE_ID: &str = N.response_id;
pub(super) const RESPONSE_MODEL: &str = N.response_model;
pub(super) const RESPONSE_TIME_TO_FIRST_CHUNK: &str = N.response_time_to_first_chunk;
pub(super) const TOOL_CALL_ARGUMENTS: &str = N.tool_call_arguments;
pub(super) const TOOL_CALL_ID: &str = N.tool_call_id;
pub(super) const TOOL_CALL_RESULT: &str = N.tool_call_result;
pub(super) const TOOL_NAME: &str = N.tool_name;
pub(super) const TOOL_TYPE: &str = N.tool_type;
pub(super) const USAGE_CACHE_READ_TOKENS: &str = N.usage_cache_read_tokens;
pub(super) const USAGE_CACHE_WRITE_TOKENS: &str = N.usage_cache_write_tokens;
pub(super) const USAGE_INPUT_TOKENS: &str = N.usage_input_tokens;
pub(super) const USAGE_OUTPUT_TOKENS: &str = N.usage_output_tokens;
pub(super) const USER_ID: &str = N.user_id;
