//! Rules that would be unfair, given what the scenario itself says.
//!
//! Claude always reasons when it is asked to, and signs what it reasons; a scripted model need not. An agent that
//! hands such a reply back as it came is not to blame, so the rules of reasoning wait until the script reasons, and
//! signs.

use crate::validate::{REASONING_LEADS, REASONING_SIGNED};
use faultline_scenarios::file::{Reply, ScenarioFile};
use serde_json::{Map, Value};

/// The rules of the model layer that are not asked of an agent that plays `file`.
pub(crate) fn exempt(file: &ScenarioFile) -> Vec<&'static str> {
    let parts: Vec<&Map<String, Value>> = file.replies.iter().flat_map(parts).collect();
    let unsigned = parts.iter().any(|part| is_unsigned(part)) || streams_unsigned(&parts);
    let mut exempt = Vec::new();
    if parts.is_empty() {
        exempt.push(REASONING_LEADS);
    }
    if unsigned {
        exempt.push(REASONING_SIGNED);
    }
    exempt
}

/// What a reply reasons: whole blocks, or deltas.
fn parts(reply: &Reply) -> Vec<&Map<String, Value>> {
    let blocks = reply.message.iter().flatten().filter_map(|block| block.get("reasoningContent"));
    let events = reply.events.iter().flatten().flat_map(|event| event.values());
    let frames = reply.frames.iter().flatten().filter_map(|frame| frame.payload.as_ref());
    let deltas = events.chain(frames).filter_map(|payload| payload.pointer("/delta/reasoningContent"));
    blocks.chain(deltas).filter_map(Value::as_object).collect()
}

/// A whole block of text without a signature.
fn is_unsigned(part: &Map<String, Value>) -> bool {
    part.get("reasoningText").is_some_and(|text| text.get("signature").is_none())
}

/// Deltas of text and none of a signature.
fn streams_unsigned(parts: &[&Map<String, Value>]) -> bool {
    let holds = |name: &str| parts.iter().any(|part| part.contains_key(name));
    holds("text") && !holds("signature")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "a table of JSON reads better without borrows")]
    fn check(replies: Value, expected: &[&str]) {
        let file: ScenarioFile = serde_json::from_value(json!({"faultline": 1, "replies": replies})).unwrap();
        assert_eq!(exempt(&file), expected, "{:?}", file.replies);
    }

    #[test]
    fn a_script_that_does_not_reason_asks_for_no_reasoning_back() {
        check(json!([{"message": [{"text": "a"}]}, {"improvise": {}}]), &[REASONING_LEADS]);
    }

    #[test]
    fn a_script_that_reasons_is_a_model_to_the_letter() {
        let signed = json!({"reasoningContent": {"reasoningText": {"text": "a", "signature": "c2ln"}}});
        check(json!([{"message": [signed]}, {"message": [{"text": "b"}]}]), &[]);
        check(json!([{"message": [{"reasoningContent": {"redactedContent": "AAAA"}}]}]), &[]);
        let delta = |part: Value| json!({"contentBlockDelta": {"delta": {"reasoningContent": part}}});
        check(json!([{"events": [delta(json!({"text": "a"})), delta(json!({"signature": "s"}))]}]), &[]);
    }

    #[test]
    fn a_script_that_does_not_sign_asks_for_no_signature() {
        let unsigned = json!({"reasoningContent": {"reasoningText": {"text": "a"}}});
        check(json!([{"message": [unsigned]}]), &[REASONING_SIGNED]);
        let delta = json!({"contentBlockDelta": {"delta": {"reasoningContent": {"text": "a"}}}});
        check(json!([{"events": [delta]}]), &[REASONING_SIGNED]);
    }
}
