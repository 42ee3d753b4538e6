//! Whatever the service sends, in whatever order, every request and every conversation is one that Bedrock accepts.

use faultline_agent::bedrock_json::message;
use faultline_agent::{Agent, AgentConfig, Conversation, Mode, Overflow, PartialPolicy};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::attempts::patient;
use crate::script::*;
use crate::validator::validate;

/// Answers by number: whole ones, broken ones, refusals, nonsense.
fn reply(kind: u8) -> Reply {
    let refusal = |status, kind, message: &str| body(status, Some(kind), &json!({ "message": message }));
    match kind {
        0..=3 => says("done"),
        4 => says(" \n"),
        5 => calls("a", "calculator", &[r#"{"expression":"1+1"}"#]),
        6 => calls("a/b", "no such tool", &["[1]"]),
        7 => stream([
            ms(),
            text(0, "Let me see."),
            close(0),
            tool(1, "a", "calculator"),
            close(1),
            tool(2, "a", "calculator"),
            frag(2, r#"{"expression":"#),
            close(2),
            stop("tool_use"),
            meta(10, 2),
        ]),
        8 => stream([ms(), text(0, "half"), Piece::Break]),
        9 => {
            stream([ms(), tool(0, "b", "calculator"), frag(0, "{"), exception("throttlingException", "slow")])
        }
        10 => stream([ms(), reasoning(0, "text", "hm"), close(0), stop("end_turn")]),
        11 => stream([ms(), tool(0, "b", "calculator"), close(0), stop("max_tokens")]),
        12 => stream([ms(), text(0, "no"), stop("content_filtered")]),
        13 => stream([ms(), text(0, "silence"), Piece::Hang]),
        14 => stream([ms(), frag(0, "{}")]),
        15 => refusal(429, "ThrottlingException", "Too many requests"),
        16 => refusal(400, "ValidationException", "Input is too long for requested model."),
        17 => refusal(
            400,
            "ValidationException",
            "Conversation blocks and tool use blocks cannot be provided in the same turn.",
        ),
        18 => refusal(400, "ValidationException", "This model doesn't support the status field."),
        _ => refusal(403, "ExpiredTokenException", "expired"),
    }
}

fn policy(keep: bool, overflow: u8) -> AgentConfig {
    let mut config = patient();
    config.calls.max_attempts = 3;
    config.calls.partial = if keep { PartialPolicy::Keep } else { PartialPolicy::Retry };
    config.calls.overflow = [Overflow::Fail, Overflow::Trim, Overflow::Summarise][usize::from(overflow)];
    AgentConfig { mode: Mode::Streaming, ..config }
}

/// The conversation as Bedrock would see it with one more prompt.
fn check(conversation: &Conversation) -> Result<(), String> {
    let mut messages: Vec<Value> = conversation.messages().iter().map(message).collect();
    messages.push(json!({"role": "user", "content": [{"text": "And now?"}]}));
    validate(&json!({"inferenceConfig": {"maxTokens": 1}, "toolConfig": {}, "messages": messages}))
}

async fn talk(agent: &Agent, server: &Server) -> Result<(), String> {
    let mut conversation = Conversation::new();
    for prompt in ["One.", "Two.", "Three.", "Four."] {
        let before = conversation.messages().len();
        let result = agent.run(&mut conversation, prompt, &mut |_| {}).await;
        check(&conversation)?;
        let kept = result.as_ref().err().is_some_and(|error| error.partial.kept);
        if result.is_err() && !kept && conversation.messages().len() != before {
            return Err(format!("{prompt} failed and left a trace"));
        }
    }
    server.requests().iter().try_for_each(validate)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn requests_and_conversations_are_always_valid(
        replies in prop::collection::vec(0_u8..20, 0..24), keep in any::<bool>(), overflow in 0_u8..3,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let server = Server::new(replies.into_iter().map(reply));
        let agent = Agent::new(server.client(), policy(keep, overflow), toolbox());
        runtime.block_on(talk(&agent, &server)).map_err(TestCaseError::fail)?;
    }
}
