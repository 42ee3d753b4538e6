//! What model families accept where Converse asks more of others. Dated data, no logic.
//!
//! It is the seed of a capability table: one line a fact, its source beside it.

/// Parts of a model id whose models take a conversation that starts with an assistant message. All others
/// are refused. Seen live 2026-07 (pydantic/pydantic-ai#6255) for Claude and Qwen; Nova, Llama, Mistral,
/// Cohere, AI21 and Writer were refused on the same day. GLM and Kimi: reported, not seen in that run.
const LEADING_ASSISTANT: [&str; 5] = ["anthropic.", "claude", "qwen.", "zai.", "moonshot"];

/// Parts of a model id whose models may still want roles to alternate. Reports of the refusal are of 2024 to
/// early 2025. Since then two messages of one role are recorded or reported as accepted on Titan (2025-08,
/// traceloop/openllmetry's recordings), Nova (0xPlaygrounds/rig's recordings) and Claude
/// (theopenco/llmgateway#3127), and it may have gone for every model; for these no acceptance has been seen.
const ALTERNATING: [&str; 4] = ["meta.", "mistral.", "cohere.", "ai21."];

/// Parts of a model id for which Converse refuses empty text only, not white space. Recorded: Claude Sonnet
/// 4.5 took a text block of one newline (pydantic/pydantic-ai's recordings). What white space alone gets
/// there is the model's own refusal (NousResearch/hermes-agent#63983).
const WHITE_SPACE_PASSES: [&str; 2] = CLAUDE;

/// Parts of a model id of the Claude family.
const CLAUDE: [&str; 2] = ["anthropic.", "claude"];

/// Parts of a model id whose models want text and tool blocks in turns of their own. Reported for Llama 3.2
/// (quarkiverse/quarkus-langchain4j#1983), Llama 4 (strands-agents/harness-sdk#1223) and Mistral Large 24.02
/// (langchain-ai/langchain-aws#235). Recorded as accepted on Claude, Nova 2, Cohere and Kimi.
const SEPARATE_TOOL_TURNS: [&str; 3] = ["meta.llama", "mistral.mistral-large-24", "mistral.mistral-small-24"];

/// Parts of a model id whose models take an image beside a toolResult but not inside it: measured 2026-09
/// (anomalyco/opencode#49443). Claude, Nova and Llama 4 take both.
const IMAGES_BESIDE_RESULTS_ONLY: [&str; 2] = ["openai.", "mistral.pixtral-large"];

/// Parts of a model id whose models refuse a conversation that ends with the assistant: Claude 4.6 and later
/// (Arize-ai/phoenix#15392); on Bedrock reported for Opus 4.6 and Sonnet 4.6.
const NO_PREFILL: [&str; 6] = [
    "claude-opus-4-6",
    "claude-sonnet-4-6",
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-sonnet-5",
    "claude-opus-5",
];

/// Parts of a model id whose models were reported to refuse a tool turn without its reasoning: 2025-08 to 2026-02.
const THINKS_WHEN_ENABLED: [&str; 6] = [
    "claude-3-7-sonnet",
    "claude-sonnet-4-20",
    "claude-opus-4-20",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "claude-opus-4-5",
];

/// Parts of a model id whose models take 20 images and documents. Reported 2025-02 (cline/cline#1844); by 2025-12
/// newer ones took 100 or more
/// (aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#147).
const TAKES_20_IMAGES: [&str; 2] = ["claude-3-5-sonnet", "claude-3-7-sonnet"];

/// Parts of a model id whose models read 200,000 tokens, and some of them a million when asked to (Anthropic's documentation,
/// "Context windows"). Refused on Bedrock: Sonnet 4.5 (anthropics/claude-code#8637), Opus 4.5 (continuedev/continue#9592).
const READS_200K: [&str; 7] = [
    "claude-3",
    "claude-sonnet-4-20",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "claude-opus-4-20",
    "claude-opus-4-1",
    "claude-opus-4-5",
];

/// Whether the model is of the Claude family.
pub fn claude(model_id: &str) -> bool {
    named(model_id, &CLAUDE)
}

/// Whether text and tool blocks must stand in turns of their own.
pub fn separates_tool_turns(model_id: &str) -> bool {
    named(model_id, &SEPARATE_TOOL_TURNS)
}

/// Whether an image may stand beside a toolResult, but not inside it.
pub fn images_beside_results_only(model_id: &str) -> bool {
    named(model_id, &IMAGES_BESIDE_RESULTS_ONLY)
}

/// Whether a conversation may not end with the assistant.
pub fn no_prefill(model_id: &str) -> bool {
    named(model_id, &NO_PREFILL)
}

/// Whether thinking, once enabled, must come back in front of a tool turn.
pub fn thinks_when_enabled(model_id: &str) -> bool {
    named(model_id, &THINKS_WHEN_ENABLED)
}

/// Whether 20 images and documents are the most.
pub fn takes_20_images(model_id: &str) -> bool {
    named(model_id, &TAKES_20_IMAGES)
}

/// Whether the model reads 200,000 tokens, unless asked for more.
pub fn reads_200k(model_id: &str) -> bool {
    named(model_id, &READS_200K)
}

/// Whether a conversation may start with an assistant message.
pub fn leading_assistant(model_id: &str) -> bool {
    named(model_id, &LEADING_ASSISTANT)
}

/// Whether two messages in a row with one role are refused.
pub fn alternating(model_id: &str) -> bool {
    named(model_id, &ALTERNATING)
}

/// Whether a text block of white space passes Converse.
pub fn white_space_passes(model_id: &str) -> bool {
    named(model_id, &WHITE_SPACE_PASSES)
}

fn named(model_id: &str, marks: &[&str]) -> bool {
    marks.iter().any(|mark| model_id.contains(mark))
}
