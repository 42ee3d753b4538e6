//! Which models take prompt-cache points, and where. Dated facts (2026-11): langchain-aws, models.dev and reports in
//! strands-agents/harness-sdk#1807 and BerriAI/litellm#39210. A model that refuses them all the same is asked without.

use aws_sdk_bedrockruntime::types::{
    CachePointBlock, CachePointType, SystemContentBlock, Tool, ToolConfiguration,
};

/// Where a model takes cache points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caching {
    pub(crate) system: bool,
    pub(crate) tools: bool,
}

/// Claude models that came before caching did.
const NOT_CACHED: [&str; 6] = [
    "claude-v2",
    "claude-instant",
    "claude-3-haiku",
    "claude-3-opus",
    "claude-3-sonnet",
    "claude-3-5-sonnet-20240620",
];

impl Caching {
    pub(crate) const NONE: Self = Self { system: false, tools: false };

    /// By the model id; an ARN counts by the model id in it, if there is one.
    pub(crate) fn of(model: &str) -> Self {
        let cached_claude =
            model.contains("anthropic.claude") && !NOT_CACHED.iter().any(|old| model.contains(old));
        Self { system: cached_claude || model.contains("amazon.nova"), tools: cached_claude }
    }

    /// The system prompt, with a point behind it.
    pub(crate) fn system(self, text: &str) -> Vec<SystemContentBlock> {
        let point = cache_point().filter(|_| self.system).map(SystemContentBlock::CachePoint);
        std::iter::once(SystemContentBlock::Text(text.to_owned())).chain(point).collect()
    }

    /// The tools, with a point behind the last.
    pub(crate) fn tools(self, mut configuration: ToolConfiguration) -> ToolConfiguration {
        if self.tools {
            configuration.tools.extend(cache_point().map(Tool::CachePoint));
        }
        configuration
    }
}

/// The builder asks for a type only, and there is one.
fn cache_point() -> Option<CachePointBlock> {
    CachePointBlock::builder().r#type(CachePointType::Default).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_go_where_the_model_takes_them() {
        let check = |model: &str, system: bool, tools: bool| {
            assert_eq!(Caching::of(model), Caching { system, tools }, "{model}");
        };
        check("us.anthropic.claude-sonnet-4-5-20250929-v1:0", true, true);
        check("anthropic.claude-3-7-sonnet-20250219-v1:0", true, true);
        check("anthropic.claude-3-5-sonnet-20241022-v2:0", true, true);
        check("anthropic.claude-3-5-sonnet-20240620-v1:0", false, false);
        check("anthropic.claude-3-haiku-20240307-v1:0", false, false);
        check("us.amazon.nova-pro-v1:0", true, false);
        check("us.meta.llama3-3-70b-instruct-v1:0", false, false);
        check(
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0",
            true,
            true,
        );
        check("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", false, false);
    }
}
