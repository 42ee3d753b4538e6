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
const WHITE_SPACE_PASSES: [&str; 2] = ["anthropic.", "claude"];

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
