//! Every rule, in the order in which they are asked: the one place to look for what is refused and who saw it.
//!
//! A rule whose doc says "worded by us" repeats no captured text.

use super::rule::Check::{Conversation, Message, Model, Schema};
use super::rule::{Check, Rule};
use super::schema::Constraint as C;
use super::{cache_points as c, documents, families as f, images as i, model as o, reasoning as r};
use super::{schema as s, semantics as m, window};

const fn rule(name: &'static str, source: &'static str, check: Check) -> Rule {
    Rule { name, source, check }
}

/// A tool name: 1 to 64 of these. Too long, pattern, too short: the order in which they are reported.
const TOOL_NAME: &[C] = &[C::AtMost(64), C::Letters("[a-zA-Z0-9_-]+", "_-"), C::AtLeast(1)];
/// A tool use id: as a name, with `.` and `:` allowed.
const TOOL_USE_ID: &[C] = &[C::AtMost(64), C::Letters("[a-zA-Z0-9_.:-]+", "_.:-"), C::AtLeast(1)];
/// `system` is in newer service models, but refused (continuedev/continue#1938, BerriAI/litellm#41082).
const ROLE: &[C] = &[C::Required, C::OneOf("[user, assistant]", &["user", "assistant"])];

/// Every rule, in the order in which they are asked.
pub static RULES: [Rule; 40] = [
    rule("tools-not-empty", "Portkey-AI/gateway#1124", Schema(s::tool_lists, &[C::AtLeast(1)])),
    rule(
        "tool-spec-name",
        "aws-samples/remote-swe-agents#457, BerriAI/litellm#24668",
        Schema(s::tool_names, TOOL_NAME),
    ),
    rule("tool-spec-description", "BerriAI/litellm#19384", Schema(s::tool_descriptions, &[C::AtLeast(1)])),
    rule("role", "continuedev/continue#1938, maximhq/bifrost#3188", Schema(s::roles, ROLE)),
    rule("content", "maximhq/bifrost#6732", Schema(s::contents, &[C::Required])),
    rule("tool-use-name", "openclaw/openclaw#12892, tontinton/maki#38", Schema(s::use_names, TOOL_NAME)),
    rule("tool-use-id", "tontinton/maki#38, RooCodeInc/Roo-Code#10902", Schema(s::use_ids, TOOL_USE_ID)),
    rule("tool-result-id", "tontinton/maki#38", Schema(s::result_ids, TOOL_USE_ID)),
    rule("starts-with-user", "pydantic/pydantic-ai#4495, pydantic/pydantic-ai#6255", Conversation(m::start)),
    rule("alternating-roles", "langchain-ai/langchain-aws#192", Conversation(m::alternation)),
    rule("tool-config-defined", "vercel/ai#7537, pydantic/pydantic-ai#1966", Conversation(m::tool_config)),
    rule("tool-schema-root", "aaif-goose/goose#5064, earendil-works/pi#8279", Conversation(m::schema_root)),
    rule(
        "document-names-unique",
        "maximhq/bifrost#7003, ag-ui-protocol/ag-ui#2425",
        Conversation(documents::duplicate_names),
    ),
    rule("content-not-empty", "theopenco/llmgateway#3127, aws/aws-sdk-net#4015", Message(m::empty_content)),
    rule("text-not-blank", "OpenHands/OpenHands#5339, LibreChat-AI/agents#501", Message(m::blank_text)),
    rule("tool-use-input-object", "vercel/ai#19023, BerriAI/litellm#18414", Message(m::input)),
    rule("tool-result-json-object", "aws/aws-sdk-js-v3#7330, sigoden/aichat#1550", Message(m::result_json)),
    rule("tool-result-json-type-key", "maximhq/bifrost#5762, maximhq/bifrost#5944", Message(m::type_key)),
    rule(
        "error-result-not-empty",
        "aws-samples/sample-multi-agent-orchestration-chat-on-agentcore#15",
        Message(m::empty_error),
    ),
    rule("tool-use-ids-unique", "double16/Cyber-AutoAgent-ng#27", Message(m::duplicate_uses)),
    rule("tool-result-ids-unique", "BerriAI/litellm#20047", Message(m::duplicate_results)),
    rule(
        "tool-results-surplus",
        "pydantic/pydantic-ai#2327, Just-Curieous/Curie#16",
        Message(m::surplus_results),
    ),
    rule("tool-results-missing", "agno-agi/agno#6698, anomalyco/opencode#41780", Message(m::missing_results)),
    rule(
        "text-beside-tool-result",
        "strands-agents/harness-sdk#1223, langchain-ai/langchain-aws#141, langchain-ai/langchain-aws#235",
        Model(f::separates_tool_turns, o::text_beside_result),
    ),
    rule(
        "text-beside-tool-use",
        "quarkiverse/quarkus-langchain4j#1983",
        Model(f::separates_tool_turns, o::text_beside_use),
    ),
    rule(
        "image-in-tool-result",
        "anomalyco/opencode#49443, earendil-works/pi#8643, anomalyco/opencode#50272",
        Model(f::images_beside_results_only, i::in_result),
    ),
    rule(
        "cache-point-after-reasoning",
        "anomalyco/opencode#36517, strands-agents/harness-sdk#1820",
        Model(f::claude, c::after_reasoning),
    ),
    rule(
        "ends-with-user",
        "anomalyco/opencode#29760, XiaomiMiMo/MiMo-Code#1703, langchain-ai/deepagents#1585",
        Model(f::no_prefill, o::prefill),
    ),
    rule(
        "final-text-not-trailing-white-space",
        "aws/aws-sdk-net#4015, tigy32/Tycode#10, langchain-ai/langchain-aws#599",
        Model(f::claude, o::trailing_white_space),
    ),
    rule(
        "thinking-not-forced",
        "strands-agents/harness-sdk#1490, pydantic/pydantic-ai#3092",
        Model(f::claude, r::forced),
    ),
    rule(REASONING_SIGNED, "can1357/oh-my-pi#10486, can1357/oh-my-pi#333", Model(f::claude, r::unsigned)),
    rule(
        REASONING_LEADS,
        "anomalyco/opencode#3077, pydantic/pydantic-ai#2453, langchain-ai/langchain-aws#844",
        Model(f::thinks_when_enabled, r::does_not_lead),
    ),
    rule(
        "tool-results-lead",
        "pydantic/pydantic-ai#3253, pydantic/pydantic-ai#7564",
        Model(f::claude, o::results_behind),
    ),
    rule(
        "tool-result-text-not-empty",
        "NousResearch/hermes-agent#55092",
        Model(f::claude, o::empty_result_text),
    ),
    rule("cache-points-at-most-4", "twentyhq/twenty#26217", Model(f::claude, c::too_many)),
    rule("cache-ttl-order", "Portkey-AI/gateway#1762", Model(f::claude, c::longer_behind_shorter)),
    rule("images-at-most-20", "cline/cline#1844, boto/boto3#4632", Model(f::takes_20_images, i::too_many)),
    rule(
        "image-at-most-5-mb",
        "aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#778, aws/aws-sdk-js-v3#6785",
        Model(f::claude, i::too_large),
    ),
    rule(
        "many-images-at-most-2000-px",
        "aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#994, anthropics/claude-code#15730",
        Model(f::claude, i::too_wide),
    ),
    rule(
        "input-fits-the-window",
        "anthropics/claude-code#8637, continuedev/continue#9592, strands-agents/harness-sdk#1712",
        Model(f::reads_200k, window::too_long),
    ),
];

/// The rule that reasoning comes back with its signature.
pub const REASONING_SIGNED: &str = "reasoning-signed";
/// The rule that a tool turn comes back with its reasoning in front.
pub const REASONING_LEADS: &str = "reasoning-leads";
