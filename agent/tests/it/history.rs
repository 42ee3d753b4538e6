//! What is replayed to the model, and that the conversation stays usable.

use faultline_agent::{Conversation, Mode};
use serde_json::json;

use crate::script::*;

#[tokio::test]
async fn reasoning_is_replayed_verbatim() {
    // "b3BhcXVl" and "IGJ5dGVz" are base64 of two halves of the redacted bytes "opaque bytes".
    let turn = stream([
        ms(),
        reasoning(0, "text", "Two "),
        reasoning(0, "text", " steps.\n"),
        reasoning(0, "signature", "c2lnbmF0dXJl"),
        close(0),
        reasoning(1, "redactedContent", "b3BhcXVl"),
        reasoning(1, "redactedContent", "IGJ5dGVz"),
        close(1),
        reasoning(2, "signature", "alone"),
        close(2),
        reasoning(3, "text", "unsigned"),
        close(3),
        tool(4, "a", "calculator"),
        frag(4, r#"{"expression":"1"}"#),
        close(4),
        stop("tool_use"),
        meta(10, 2),
    ]);
    let outcome = ask([turn, says("done")]).await;
    let expected = json!([
        {"reasoningContent": {"reasoningText": {"text": "Two  steps.\n", "signature": "c2lnbmF0dXJl"}}},
        {"reasoningContent": {"redactedContent": "b3BhcXVlIGJ5dGVz"}},
        {"reasoningContent": {"reasoningText": {"text": "", "signature": "alone"}}},
        {"reasoningContent": {"reasoningText": {"text": "unsigned"}}},
        {"toolUse": {"toolUseId": "a", "name": "calculator", "input": {"expression": "1"}}},
    ]);
    assert_eq!(outcome.assistant(1), expected);
}

#[tokio::test]
async fn blank_text_is_dropped_and_order_is_kept() {
    let turn = stream([
        ms(),
        text(0, ""),
        close(0),
        tool(1, "a", "calculator"),
        frag(1, r#"{"expression":"1"}"#),
        close(1),
        text(2, "\n\n"),
        close(2),
        text(3, "after"),
        close(3),
        stop("tool_use"),
    ]);
    let outcome = ask([turn, says("done")]).await;
    let content = outcome.assistant(1);
    assert_eq!(content.as_array().unwrap().len(), 2);
    assert_eq!((&content[0]["toolUse"]["toolUseId"], &content[1]["text"]), (&json!("a"), &json!("after")));
}

#[tokio::test]
async fn ids_and_names_that_bedrock_refuses_are_not_replayed() {
    let turn = stream([
        ms(),
        tool(0, "same", "calculator"),
        close(0),
        tool(1, "same", "$READ FILE"),
        close(1),
        tool(2, "a/b", "calculator"),
        close(2),
        stop("tool_use"),
    ]);
    let outcome = ask([turn, says("done")]).await;
    assert_eq!(outcome.text(), "done", "the scripted far end validates as Bedrock does");
    assert_eq!(outcome.last_message(1).as_array().unwrap().len(), 3);
}

/// After `broken`, the conversation is as before and the next prompt on it works.
async fn check_recovers(name: &str, broken: Vec<Reply>) {
    let mut conversation = Conversation::new();
    let before = Server::new([calls("a", "calculator", &[r#"{"expression":"1"}"#]), says("first")]);
    ask_on(&before, config(Mode::Streaming), toolbox(), &mut conversation).await.result.unwrap();
    let kept = conversation.messages().to_vec();

    let server = Server::new(broken);
    ask_on(&server, config(Mode::Streaming), toolbox(), &mut conversation).await.error();
    assert_eq!(conversation.messages(), kept, "{name}");

    let after = Server::new([says("second")]);
    let outcome = ask_on(&after, config(Mode::Streaming), toolbox(), &mut conversation).await;
    assert_eq!(outcome.text(), "second", "{name}");
    assert_eq!(conversation.messages().len(), kept.len() + 2, "{name}");
}

#[tokio::test]
async fn after_any_failure_the_next_prompt_on_the_conversation_works() {
    let call = || calls("b", "calculator", &[r#"{"expression":"1"}"#]);
    let half = || vec![ms(), text(0, "half"), tool(1, "c", "calculator"), frag(1, "{")];
    let with = |last| stream(half().into_iter().chain([last]));
    let refusal = body(429, Some("ThrottlingException"), &json!({"message": "slow"}));
    check_recovers("refused", vec![refusal]).await;
    check_recovers("silent end", vec![stream(half())]).await;
    check_recovers("reset", vec![with(Piece::Break)]).await;
    check_recovers("exception", vec![with(exception("throttlingException", "slow"))]).await;
    check_recovers("max tokens in a tool", vec![with(stop("max_tokens"))]).await;
    check_recovers("filtered", vec![stream([ms(), stop("content_filtered")])]).await;
    check_recovers("after a tool ran", vec![call(), stream(half())]).await;
    check_recovers("no more answers", vec![call(), call()]).await;
}

#[tokio::test]
async fn a_blocked_call_leaves_no_orphan_in_the_history() {
    let blocked = stream([
        ms(),
        text(0, "I cannot do that."),
        close(0),
        tool(1, "a", "calculator"),
        close(1),
        stop("guardrail_intervened"),
    ]);
    let mut conversation = Conversation::new();
    let server = Server::new([blocked, says("next")]);
    for expected in ["I cannot do that.", "next"] {
        let outcome = ask_on(&server, config(Mode::Streaming), toolbox(), &mut conversation).await;
        assert_eq!((outcome.text(), outcome.started().len()), (expected, 0));
    }
}

#[tokio::test]
async fn one_sink_and_one_agent_serve_prompt_after_prompt() {
    let server = Server::new([says("one"), says("two")]);
    let agent = faultline_agent::Agent::new(server.client(), config(Mode::Streaming), toolbox());
    let (mut conversation, mut seen) = (Conversation::new(), 0);
    let mut sink = |_| seen += 1;
    assert_eq!(agent.run(&mut conversation, "first", &mut sink).await.unwrap().text, "one");
    assert_eq!(agent.run(&mut conversation, "second", &mut sink).await.unwrap().text, "two");
    assert_eq!((conversation.messages().len(), seen), (4, 12));
    assert_eq!(server.requests()[1]["messages"][1]["content"], json!([{"text": "one"}]));
}

#[tokio::test]
async fn a_blank_prompt_is_refused_before_it_is_sent() {
    let server = Server::new([]);
    let agent = faultline_agent::Agent::new(server.client(), config(Mode::Streaming), toolbox());
    let error = agent.run(&mut Conversation::new(), " \n", &mut |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "the request cannot be made: the prompt is blank");
    assert!(server.requests().is_empty());
}
