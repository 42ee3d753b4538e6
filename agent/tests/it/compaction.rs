//! A history that is too long for the model becomes a shorter one that is still valid.

use faultline_agent::{Agent, AgentConfig, AgentEvent, Conversation, Overflow};
use serde_json::{Value, json};

use crate::attempts::patient;
use crate::script::*;

const TOO_LONG: &str = "The model returned the following errors: Input is too long for requested model.";

fn too_long() -> Reply {
    body(400, Some("ValidationException"), &json!({ "message": TOO_LONG }))
}

fn config(overflow: Overflow) -> AgentConfig {
    let mut config = patient();
    config.calls.overflow = overflow;
    config
}

fn look() -> Reply {
    calls("a", "get_order_status", &[r#"{"order_id":"A-10293"}"#])
}

/// A prompt with a tool call, then one whose answers are given.
async fn second_turn(overflow: Overflow, replies: Vec<Reply>) -> (Outcome, Conversation) {
    let server = Server::new([look(), says("It is shipped.")].into_iter().chain(replies));
    let agent = Agent::new(server.client(), config(overflow), toolbox());
    let mut conversation = Conversation::new();
    agent.run(&mut conversation, "Where is A-10293?", &mut |_| {}).await.unwrap();
    let mut events = Vec::new();
    let mut sink = |event| events.push(event);
    let result = agent.run(&mut conversation, "Thank you.", &mut sink).await;
    (Outcome { result, events, server }, conversation)
}

fn texts(request: &Value) -> Vec<&str> {
    let messages = request["messages"].as_array().unwrap().iter();
    messages.filter_map(|message| message["content"][0]["text"].as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_model_sums_up_what_came_before() {
    let replies = vec![too_long(), says("A-10293 is shipped."), says("You are welcome.")];
    let (outcome, conversation) = second_turn(Overflow::Summarise, replies).await;
    assert_eq!(outcome.text(), "You are welcome.");
    let requests = outcome.server.requests();
    assert_eq!(requests.len(), 5);
    let task = texts(&requests[3])[0];
    for part in ["Where is A-10293?", "get_order_status", "shipped"] {
        assert!(task.contains(part), "{part}: {task}");
    }
    assert!(requests[3].get("toolConfig").is_none() && !task.contains("Thank you."));
    let [summary, _, prompt] = texts(&requests[4])[..] else { panic!("{}", requests[4]) };
    assert_eq!((summary, prompt), ("Summary of the conversation so far:\nA-10293 is shipped.", "Thank you."));
    assert_eq!(conversation.messages().len(), 4);
    let shown = outcome.events.iter().filter_map(|event| match event {
        AgentEvent::TextDelta { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(shown.collect::<String>(), "You are welcome.", "the summary is for the model alone");
    let stats = &outcome.result.as_ref().unwrap().stats;
    assert_eq!((stats.turns, stats.usage.calls, stats.attempts.len()), (1, 3, 3));
    let Some(AgentEvent::Compacted { before: 5, after: 3, summary: Some(_), .. }) =
        outcome.events.iter().find(|event| matches!(event, AgentEvent::Compacted { .. }))
    else {
        panic!("{:?}", outcome.events)
    };
}

#[tokio::test(start_paused = true)]
async fn where_no_summary_comes_the_older_half_goes() {
    for replies in [vec![too_long(), too_long(), says("done")], vec![too_long(), says(" "), says("done")]] {
        let (outcome, conversation) = second_turn(Overflow::Summarise, replies).await;
        assert_eq!(outcome.text(), "done");
        assert_eq!(texts(&outcome.server.requests()[4]), ["Thank you."]);
        assert_eq!(conversation.messages().len(), 2);
    }
    let (outcome, _) = second_turn(Overflow::Trim, vec![too_long(), says("done")]).await;
    assert_eq!(outcome.text(), "done");
    let (outcome, conversation) = second_turn(Overflow::Fail, vec![too_long(), says("done")]).await;
    assert!(outcome.result.is_err());
    assert_eq!(conversation.messages().len(), 4, "as before the prompt");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_become_shorter_is_not_sent_again() {
    for replies in [vec![too_long(), says("done")], vec![look(), too_long(), says("done")]] {
        let sent = replies.len() - 1;
        let server = Server::new(replies);
        let outcome = ask_on(&server, config(Overflow::Summarise), toolbox(), &mut Conversation::new()).await;
        assert!(outcome.error().to_string().contains("Input is too long"));
        assert_eq!(server.requests().len(), sent);
    }
}
