//! A request's members, the same for Converse and ConverseStream. It sends nothing.

use aws_sdk_bedrockruntime::types::{InferenceConfiguration, Message, SystemContentBlock, ToolConfiguration};
use aws_smithy_types::Document;

use crate::bedrock_json::json_to_document;
use crate::caching::Caching;
use crate::changes::Changes;
use crate::config::AgentConfig;

/// What one attempt sends.
#[derive(PartialEq)]
pub(crate) struct Request {
    pub(crate) model: String,
    pub(crate) messages: Vec<Message>,
    pub(crate) system: Option<Vec<SystemContentBlock>>,
    pub(crate) inference: InferenceConfiguration,
    pub(crate) tools: Option<ToolConfiguration>,
    pub(crate) additional: Option<Document>,
}

impl Request {
    /// The usual request to `model`, in the form that it takes.
    pub(crate) fn new(
        config: &AgentConfig,
        model: &str,
        changes: &Changes,
        tools: Option<ToolConfiguration>,
        messages: &[Message],
    ) -> Self {
        let caches = config.prompt_caching && !changes.no_cache_points;
        let caching = if caches { Caching::of(model) } else { Caching::NONE };
        let stop_sequences = (!config.stop_sequences.is_empty() && !changes.no_stop_sequences)
            .then(|| config.stop_sequences.clone());
        Self {
            model: model.to_owned(),
            messages: changes.messages(messages),
            system: config.system.as_deref().map(|text| caching.system(text)),
            inference: InferenceConfiguration::builder()
                .max_tokens(i32::try_from(changes.max_tokens(config.max_tokens)).unwrap_or(i32::MAX))
                .set_temperature(config.temperature)
                .set_stop_sequences(stop_sequences)
                .build(),
            tools: tools.map(|tools| caching.tools(tools)),
            additional: config.additional_request_fields.as_ref().map(json_to_document),
        }
    }
}
