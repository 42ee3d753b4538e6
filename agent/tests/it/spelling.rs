//! What the SDK received, in Bedrock's spelling, is what was sent.

use faultline_agent::bedrock_json::converse_output;
use faultline_agent::received::{receive_chunks, receive_events};
use serde_json::{Value, json};

use crate::script::*;

fn delta(block: i32, delta: Value) -> (&'static str, Value) {
    ("contentBlockDelta", json!({"contentBlockIndex": block, "delta": delta}))
}

fn start(block: i32, start: Value) -> (&'static str, Value) {
    ("contentBlockStart", json!({"contentBlockIndex": block, "start": start}))
}

fn location(kind: &str, index: &str) -> Value {
    json!({"citation": {"title": "t", "source": "s", "sourceContent": [{"text": "x"}],
        "location": {kind: {index: 0, "start": 1, "end": 2}}}})
}

fn assessment() -> Value {
    let statement = json!({"logic": "(= a b)", "naturalLanguage": "a is b"});
    let translation = json!({"premises": [statement], "claims": [statement], "untranslatedPremises": [{"text": "p"}],
        "untranslatedClaims": [{"text": "c"}], "confidence": 0.5});
    let warning = json!({"type": "ALWAYS_TRUE", "premises": [statement], "claims": [statement]});
    let scenario = json!({"statements": [statement]});
    let rule = json!({"identifier": "r", "policyVersionArn": "arn:p"});
    json!({
        "topicPolicy": {"topics": [{"name": "n", "type": "DENY", "action": "BLOCKED", "detected": true}]},
        "contentPolicy": {"filters": [{"type": "HATE", "confidence": "HIGH", "filterStrength": "LOW",
            "action": "NONE", "detected": false}]},
        "wordPolicy": {
            "customWords": [{"match": "m", "action": "BLOCKED", "detected": true}],
            "managedWordLists": [{"match": "m", "type": "PROFANITY", "action": "BLOCKED"}]},
        "sensitiveInformationPolicy": {
            "piiEntities": [{"match": "m", "type": "EMAIL", "action": "ANONYMIZED", "detected": true}],
            "regexes": [{"name": "n", "match": "m", "regex": "r", "action": "BLOCKED", "detected": true}]},
        "contextualGroundingPolicy": {"filters": [{"type": "GROUNDING", "threshold": 0.5, "score": 0.25,
            "action": "BLOCKED", "detected": true}]},
        "automatedReasoningPolicy": {"findings": [
            {"valid": {"translation": translation, "claimsTrueScenario": scenario, "supportingRules": [rule],
                "logicWarning": warning}},
            {"invalid": {"translation": translation, "contradictingRules": [rule], "logicWarning": warning}},
            {"impossible": {"translation": translation, "contradictingRules": [rule], "logicWarning": warning}},
            {"satisfiable": {"translation": translation, "claimsTrueScenario": scenario,
                "claimsFalseScenario": scenario, "logicWarning": warning}},
            {"translationAmbiguous": {"options": [{"translations": [translation]}],
                "differenceScenarios": [scenario]}},
            {"tooComplex": {}},
            {"noTranslations": {}}]},
        "invocationMetrics": {"guardrailProcessingLatency": 12,
            "usage": {"topicPolicyUnits": 1, "contentPolicyUnits": 2, "wordPolicyUnits": 3,
                "sensitiveInformationPolicyUnits": 4, "sensitiveInformationPolicyFreeUnits": 5,
                "contextualGroundingPolicyUnits": 6, "contentPolicyImageUnits": 7,
                "automatedReasoningPolicyUnits": 8, "automatedReasoningPolicies": 9},
            "guardrailCoverage": {"textCharacters": {"guarded": 1, "total": 2}, "images": {"guarded": 3, "total": 4}}},
        "appliedGuardrailDetails": {"guardrailId": "g", "guardrailVersion": "1", "guardrailArn": "arn:g",
            "guardrailOrigin": ["REQUEST"], "guardrailOwnership": "SELF"}
    })
}

fn trace() -> Value {
    json!({"guardrail": {"modelOutput": ["out"], "inputAssessment": {"g": assessment()},
            "outputAssessments": {"g": [assessment()]}, "actionReason": "why"},
        "promptRouter": {"invokedModelId": "m"}})
}

fn usage() -> Value {
    json!({"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "cacheReadInputTokens": 4,
        "cacheWriteInputTokens": 5, "cacheDetails": [{"ttl": "5m", "inputTokens": 5}]})
}

#[tokio::test]
async fn every_modelled_member_of_a_stream_survives() {
    let sent = vec![
        ("messageStart", json!({"role": "assistant"})),
        delta(0, json!({"text": "caf\u{e9} \u{1f600}"})),
        start(1, json!({"toolUse": {"name": "n", "toolUseId": "i", "type": "server_tool_use"}})),
        delta(1, json!({"toolUse": {"input": ""}})),
        delta(1, json!({"toolUse": {"input": "{\"a\""}})),
        ("contentBlockStop", json!({"contentBlockIndex": 1})),
        start(
            2,
            json!({"toolResult": {"toolUseId": "i", "type": "nova_grounding_result", "status": "success"}}),
        ),
        delta(2, json!({"toolResult": [{"text": "t"}, {"json": {"b": [1, 2.5, null], "a": -3}}]})),
        delta(3, json!({"reasoningContent": {"text": "r"}})),
        delta(3, json!({"reasoningContent": {"signature": "s"}})),
        delta(4, json!({"reasoningContent": {"redactedContent": "AAEC/w=="}})),
        delta(5, location("documentChar", "documentIndex")),
        delta(5, location("documentPage", "documentIndex")),
        delta(5, location("documentChunk", "documentIndex")),
        delta(5, location("searchResultLocation", "searchResultIndex")),
        delta(5, json!({"citation": {"location": {"web": {"url": "https://a", "domain": "a"}}}})),
        start(6, json!({"image": {"format": "png"}})),
        delta(6, json!({"image": {"source": {"bytes": "iVBORw=="}}})),
        delta(
            6,
            json!({"image": {"source": {"s3Location": {"uri": "s3://b/k", "bucketOwner": "123456789012"}}}}),
        ),
        delta(6, json!({"image": {"error": {"message": "no"}}})),
        (
            "messageStop",
            json!({"stopReason": "end_turn", "additionalModelResponseFields": {"z": [true], "a": "x"}}),
        ),
        (
            "metadata",
            json!({"metrics": {"latencyMs": 7}, "usage": usage(), "trace": trace(),
            "performanceConfig": {"latency": "optimized"}, "serviceTier": {"type": "priority"}}),
        ),
    ];
    let pieces = sent.iter().map(|(name, payload)| {
        let mut padded = payload.clone();
        padded["p"] = json!("abcdef");
        event(name, padded)
    });
    let server = Server::new([stream(pieces)]);
    let output = server.client().converse_stream().model_id("m").set_messages(Some(vec![user()]));
    let output = output.inference_config(one_token()).send().await.unwrap();
    let received = receive_events(output).await;
    assert_eq!(received.error, None);
    for ((name, payload), (sent_name, sent)) in received.events.iter().zip(&sent) {
        assert_eq!(name, sent_name);
        assert_same(name, payload, sent);
    }
    assert_eq!(received.events.len(), sent.len());
    let text = received.events[2].1.to_string();
    let sorted = r#"{"contentBlockIndex":1,"start":{"toolUse":{"name":"n","toolUseId":"i","type":"server_tool_use"}}}"#;
    assert_eq!(text, sorted, "keys are sorted, as on the wire");
}

#[tokio::test]
async fn every_modelled_member_of_a_unary_answer_survives() {
    let span = json!({"documentIndex": 0, "start": 1, "end": 2});
    let document = json!({"format": "txt", "name": "d", "source": {"content": [{"text": "x"}]},
        "citations": {"enabled": true}, "context": "c"});
    let search =
        json!({"source": "s", "title": "t", "content": [{"text": "x"}], "citations": {"enabled": false}});
    let content = json!([
        {"text": "hi"},
        {"toolUse": {"toolUseId": "i", "name": "n", "input": {"a": {"b": [1]}}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "i", "status": "error", "type": "t", "content": [{"text": "x"}, {"json": {"a": 1}},
            {"image": {"format": "png", "source": {"bytes": "AA=="}}}, {"document": document},
            {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/k"}}}}, {"searchResult": search}]}},
        {"reasoningContent": {"reasoningText": {"text": "r", "signature": "s"}}},
        {"reasoningContent": {"redactedContent": "AAEC"}},
        {"citationsContent": {"content": [{"text": "x"}], "citations": [{"title": "t", "source": "s",
            "sourceContent": [{"text": "x"}], "location": {"documentPage": span}}]}},
        {"image": {"format": "png", "error": {"message": "no"}}},
        {"document": {"format": "pdf", "name": "d", "source": {"bytes": "AA=="}}},
        {"audio": {"format": "mp3", "source": {"bytes": "AA=="}}},
        {"audio": {"format": "mp3", "error": {"message": "no"}}},
        {"searchResult": search},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
        {"guardContent": {"text": {"text": "x", "qualifiers": ["query"]}}},
        {"guardContent": {"image": {"format": "png", "source": {"bytes": "AA=="}}}},
        {"toolAddition": {"tool": {"name": "n", "type": "t", "serverName": "s"}}},
        {"toolRemoval": {"tool": {"name": "n"}}},
    ]);
    let sent = json!({"metrics": {"latencyMs": 5}, "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "end_turn", "usage": usage(), "trace": trace(), "additionalModelResponseFields": {"a": 1},
        "performanceConfig": {"latency": "standard"}, "serviceTier": {"type": "flex"}});
    let server = Server::new([body(200, None, &sent)]);
    let output = server.client().converse().model_id("m").set_messages(Some(vec![user()]));
    let output = output.inference_config(one_token()).send().await.unwrap();
    assert_same("unary", &converse_output(&output), &sent);
}

#[tokio::test]
async fn what_the_sdk_lost_does_not_pass_for_equal() {
    let lost = json!({"contentBlockIndex": 0, "delta": {"brandNew": {"a": 1}}});
    let server =
        Server::new([stream([event("contentBlockDelta", lost.clone()), event("brandNew", json!({}))])]);
    let output = server.client().converse_stream().model_id("m").set_messages(Some(vec![user()]));
    let received = receive_events(output.inference_config(one_token()).send().await.unwrap()).await;
    assert_ne!(received.events[0].1, lost);
    assert_eq!(received.events[1].0, "$unknown");
}

#[tokio::test]
async fn invoke_chunks_come_out_as_the_models_own_bytes() {
    let chunk = |base64: &str| event("chunk", json!({"bytes": base64, "p": "abc"}));
    let server =
        Server::new([stream([chunk("eyJhIjoxfQ=="), chunk(""), exception("modelTimeoutException", "slow")])]);
    let valid =
        r#"{"inferenceConfig":{"maxTokens":1},"messages":[{"role":"user","content":[{"text":"x"}]}]}"#;
    let body = aws_sdk_bedrockruntime::primitives::Blob::new(valid);
    let output =
        server.client().invoke_model_with_response_stream().model_id("m").body(body).send().await.unwrap();
    let received = receive_chunks(output).await;
    assert_eq!(received.chunks, [br#"{"a":1}"#.to_vec(), Vec::new()]);
    assert_eq!(received.error.unwrap().to_string(), "modelTimeoutException in the stream: slow");
    assert_eq!(received.request_id.as_deref(), Some("req-1"));
}

/// Fails with the path of the first difference, because whole traces are unreadable side by side.
#[track_caller]
pub(crate) fn assert_same(what: &str, received: &Value, sent: &Value) {
    if let Some(difference) = difference("$", received, sent) {
        panic!("{what}: {difference}");
    }
}

fn difference(path: &str, received: &Value, sent: &Value) -> Option<String> {
    match (received, sent) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = b.keys().chain(a.keys().filter(|key| !b.contains_key(*key)));
            let at = |map: &serde_json::Map<String, Value>, key: &str| {
                map.get(key).cloned().unwrap_or("(absent)".into())
            };
            keys.into_iter().find_map(|key| difference(&format!("{path}.{key}"), &at(a, key), &at(b, key)))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.into_iter().find_map(|(n, (a, b))| difference(&format!("{path}[{n}]"), a, b))
        }
        _ if received == sent => None,
        _ => Some(format!("at {path} received {received}, sent {sent}")),
    }
}

pub(crate) fn user() -> aws_sdk_bedrockruntime::types::Message {
    use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
    Message::builder().role(ConversationRole::User).content(ContentBlock::Text("x".into())).build().unwrap()
}

pub(crate) fn one_token() -> aws_sdk_bedrockruntime::types::InferenceConfiguration {
    aws_sdk_bedrockruntime::types::InferenceConfiguration::builder().max_tokens(1).build()
}
