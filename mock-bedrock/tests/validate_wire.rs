//! A refusal as a client gets it and as a report tells it: status, words, rule.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::h1;
use faultline_mock_bedrock::scripted::Scripted;
use faultline_mock_bedrock::{MockBedrock, Options, snapshot};
use faultline_scenarios::exchange::Verdict;
use faultline_scenarios::{Book, load};
use serde_json::{Value, json};
use std::sync::Arc;

const PATH: &str = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse";
const SIGNED: &str = "{reasoningContent: {reasoningText: {text: Hm., signature: c2ln}}}";

async fn playing(replies: &str) -> MockBedrock {
    let text = format!("faultline: 1\nprompt: go\nreplies: [{replies}, {{message: [{{text: done}}]}}]\n");
    let scenario = load::scenario("s", "s", &text).unwrap();
    let responder = Arc::new(Scripted::new(Book::new(vec![scenario])));
    MockBedrock::start(Options::default(), responder).await.unwrap().unverified()
}

/// What the server answers to the request after a tool turn of `blocks`: status and message.
async fn after_tool(server: &MockBedrock, blocks: Value) -> (String, Value) {
    let body = json!({
        "messages": [
            {"role": "user", "content": [{"text": "go"}]},
            {"role": "assistant", "content": blocks},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "x"}]}}]}
        ],
        "toolConfig": {"tools": [{"toolSpec": {"name": "n", "inputSchema": {"json": {"type": "object"}}}}]},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    });
    let answer = h1::send(server.addr(), &h1::request(PATH, "", &body.to_string())).await;
    let said: Value = serde_json::from_slice(&answer.body()).unwrap();
    (answer.status().to_owned(), said["message"].clone())
}

fn tool_use() -> Value {
    json!({"toolUse": {"toolUseId": "t", "name": "n", "input": {}}})
}

fn rules(server: &MockBedrock) -> Vec<&'static str> {
    let exchanges = server.exchanges();
    match &exchanges.last().unwrap().decision.verdict {
        Verdict::Refused { rules, .. } => rules.clone(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn half_a_character_is_refused_in_anthropics_words_under_its_rule() {
    let server = playing("{message: [{text: hello}]}").await;
    let answer = h1::send(server.addr(), &h1::request(PATH, "", r#"{"a":"\ud83d"}"#)).await;
    assert_eq!(answer.status(), "400");
    assert!(answer.header("x-amzn-errortype").unwrap().starts_with("ValidationException:http://"));
    let said: Value = serde_json::from_slice(&answer.body()).unwrap();
    let text = "The request body is not valid JSON: no low surrogate in string: line 1 column 7 (char 6)";
    assert_eq!(said, json!({ "message": text }));
    assert_eq!(rules(&server), ["surrogates-paired"]);
}

#[tokio::test]
async fn a_refusal_names_its_rule_in_verdict_and_report() {
    let server = playing("{message: [{text: hello}]}").await;
    let answer = h1::send(server.addr(), &h1::request(PATH, "", r#"{"messages":[]}"#)).await;
    assert_eq!(answer.status(), "400");
    assert_eq!(rules(&server), ["starts-with-user"]);
    assert!(snapshot(&server.exchanges()).contains("user message. (starts-with-user)\n"));
    let verdict = h1::send(server.addr(), "GET /_faultline/verify HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let verdict: Value = serde_json::from_slice(&verdict.body()).unwrap();
    let sentence = verdict["problems"][0].as_str().unwrap();
    assert!(sentence.starts_with("request 1 (Converse "), "{sentence}");
    assert!(sentence.ends_with("(rule starts-with-user)"), "{sentence}");
}

#[tokio::test]
async fn lost_reasoning_is_refused_where_the_script_reasons() {
    let server = playing(&format!("{{message: [{SIGNED}, {{toolUse: {{toolUseId: t, name: n}}}}]}}")).await;
    let (status, message) = after_tool(&server, json!([tool_use()])).await;
    assert_eq!(status, "400");
    assert!(message.as_str().unwrap().contains("found `tool_use`"), "{message}");
    assert_eq!(rules(&server), ["reasoning-leads"]);
    let unsigned = json!({"reasoningContent": {"reasoningText": {"text": "Hm."}}});
    assert_eq!(after_tool(&server, json!([unsigned, tool_use()])).await.0, "400");
    assert_eq!(rules(&server), ["reasoning-signed"]);
    let signed = json!({"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}});
    assert_eq!(after_tool(&server, json!([signed, tool_use()])).await.0, "200");
}

#[tokio::test]
async fn nobody_is_asked_for_reasoning_that_the_script_never_gave() {
    let server = playing("{message: [{toolUse: {toolUseId: t, name: n}}]}").await;
    assert_eq!(after_tool(&server, json!([tool_use()])).await.0, "200");
}
