//! A hand on a run while it works: something else is said, calls are cancelled, questions answered.

use faultline_agent::tools::{AskUser, Question, ToolFuture};
use faultline_agent::{
    Agent, AgentEvent, Cause, Conversation, Mode, SteerError, Steering, Tool, ToolContext, ToolStatus,
    Toolbox,
};
use serde_json::{Map, Value, json};
use std::sync::atomic::Ordering;

use crate::script::*;

/// A tool that never ends by itself.
struct Endless;

impl Tool for Endless {
    fn name(&self) -> &str {
        "endless"
    }
    fn description(&self) -> &str {
        "Never ends."
    }
    fn input_schema(&self) -> Value {
        json!({"type": "object"})
    }
    fn run<'a>(&'a self, _: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(std::future::pending())
    }
}

fn calls(calls: &[(&str, &str, Value)]) -> Reply {
    let mut body = vec![ms()];
    for (at, (id, name, input)) in calls.iter().enumerate() {
        let block = i32::try_from(at).unwrap();
        body.extend([tool(block, id, name), frag(block, &input.to_string()), close(block)]);
    }
    body.extend([stop("tool_use"), meta(1, 1)]);
    stream(body)
}

/// Runs a prompt; `hand` is called with each event and may act.
async fn steer(server: &Server, tools: Toolbox, hand: impl Fn(&AgentEvent, &Steering) + Sync) -> Outcome {
    let (steering, mut events) = (Steering::new(), Vec::new());
    let agent = Agent::new(server.client(), config(Mode::Streaming), tools);
    let mut sink = |event: AgentEvent| {
        hand(&event, &steering);
        events.push(event);
    };
    let result = agent.run_steered(&mut Conversation::new(), "Tell me.", &steering, &mut sink).await;
    assert_eq!(steering.redirect("Too late."), Err(SteerError::Over));
    Outcome { result, events, server: server.clone() }
}

fn says_half(event: &AgentEvent) -> bool {
    matches!(event, AgentEvent::TextDelta { text, .. } if text == "half")
}

#[tokio::test]
async fn what_is_said_in_the_middle_of_an_answer_stops_it_and_comes_next() {
    let server = Server::new([stream([ms(), text(0, "half"), Piece::Hang]), says("the other")]);
    let outcome = steer(&server, toolbox(), |event, hand| {
        if says_half(event) {
            hand.redirect("No, the other one.").unwrap();
        }
    })
    .await;
    assert_eq!(outcome.text(), "the other");
    let messages = &server.requests()[1]["messages"];
    assert_eq!(messages[1]["content"], json!([{"text": "half\n\n[The answer broke off here.]"}]));
    assert_eq!(messages[2], json!({"role": "user", "content": [{"text": "No, the other one."}]}));
    let stats = &outcome.result.as_ref().unwrap().stats;
    assert_eq!(stats.attempts.len(), 2, "each attempt is counted once");
    assert_eq!(
        (stats.attempts[0].failure.clone(), stats.usage.unreported_calls),
        (Some(Cause::Redirected), 1)
    );
    assert!(outcome.events.iter().any(|event| matches!(event, AgentEvent::Redirected { turn: 1, .. })));
}

#[tokio::test]
async fn what_is_said_before_there_is_any_text_leaves_a_history_that_bedrock_takes() {
    let server = Server::new([stream([ms(), Piece::Hang]), says("yes")]);
    let outcome = steer(&server, toolbox(), |event, hand| {
        if matches!(event, AgentEvent::FirstEvent { turn: 1, .. }) {
            hand.redirect("Wait.").unwrap();
        }
    })
    .await;
    assert_eq!(outcome.text(), "yes");
    let roles = server.requests()[1]["messages"].as_array().unwrap().clone();
    assert_eq!(roles[1]["content"][0]["text"], "[The user went on before there was an answer.]");
    assert_eq!(roles.len(), 3);
}

#[tokio::test]
async fn what_is_said_while_tools_run_cancels_them_and_each_has_its_result() {
    let asked = calls(&[("a", "endless", json!({})), ("b", "calculator", json!({"expression": "2*3"}))]);
    let server = Server::new([asked, says("fine")]);
    let tools = toolbox().with(Endless).unwrap();
    let outcome = steer(&server, tools, |event, hand| {
        if matches!(event, AgentEvent::ToolFinished { tool_use_id, .. } if tool_use_id == "b") {
            hand.redirect("Never mind.").unwrap();
        }
    })
    .await;
    assert_eq!(outcome.text(), "fine");
    let messages = &server.requests()[1]["messages"];
    let results = &messages[2]["content"];
    assert_eq!(results[0]["toolResult"]["status"], "error");
    assert_eq!(results[1]["toolResult"]["content"], json!([{"text": "6"}]));
    assert_eq!(messages[4]["content"], json!([{"text": "Never mind."}]));
}

#[tokio::test]
async fn one_tool_call_is_cancelled_and_the_others_go_on() {
    let asked = calls(&[("a", "endless", json!({})), ("b", "calculator", json!({"expression": "2*3"}))]);
    let server = Server::new([asked, says("done")]);
    let outcome = steer(&server, toolbox().with(Endless).unwrap(), |event, hand| {
        if matches!(event, AgentEvent::ToolStarted { tool_use_id, .. } if tool_use_id == "b") {
            assert_eq!(hand.cancel_tool("c"), Err(SteerError::NoCall));
            hand.cancel_tool("a").unwrap();
        }
    })
    .await;
    assert_eq!(outcome.text(), "done");
    let results = outcome.last_message(1);
    let told = results[0]["toolResult"]["content"][0]["text"].as_str().unwrap();
    assert!(told.starts_with("The user cancelled this call"), "{told}");
    assert!(results[1]["toolResult"]["status"].is_null(), "{results}");
    let statuses: Vec<_> =
        outcome.result.as_ref().unwrap().stats.tool_calls.iter().map(|call| call.status).collect();
    assert_eq!(statuses, [ToolStatus::Cancelled, ToolStatus::Succeeded]);
}

#[tokio::test]
async fn a_call_that_waits_for_its_turn_is_cancelled_without_running() {
    let asked = calls(&[("a", "endless", json!({})), ("b", "endless", json!({}))]);
    let server = Server::new([asked, says("done")]);
    let (steering, mut events) = (Steering::new(), Vec::new());
    let config = faultline_agent::AgentConfig { tool_concurrency: 1, ..config(Mode::Streaming) };
    let agent = Agent::new(server.client(), config, Toolbox::new().with(Endless).unwrap());
    let mut sink = |event: AgentEvent| {
        if matches!(&event, AgentEvent::ToolStarted { tool_use_id, .. } if tool_use_id == "a") {
            steering.cancel_tool("b").unwrap();
            steering.cancel_tool("a").unwrap();
        }
        events.push(event);
    };
    agent.run_steered(&mut Conversation::new(), "Go.", &steering, &mut sink).await.unwrap();
    let started = events.iter().filter(|event| matches!(event, AgentEvent::ToolStarted { .. })).count();
    assert_eq!(started, 1);
    let outcome = server.requests()[1]["messages"][2]["content"].clone();
    assert!(outcome[1]["toolResult"]["content"][0]["text"].as_str().unwrap().contains("was not run"));
}

#[tokio::test]
async fn the_model_asks_and_the_answer_goes_back_to_it() {
    let input = json!({"question": "Which one?", "options": ["red", "blue"]});
    let server = Server::new([calls(&[("q", "ask_user", input)]), says("Blue it is.")]);
    let outcome = steer(&server, Toolbox::new().with(AskUser::default()).unwrap(), |event, hand| {
        if let AgentEvent::Question { tool_use_id, question, .. } = event {
            let options = vec!["red".to_owned(), "blue".to_owned()];
            assert_eq!(*question, Question { text: "Which one?".into(), options });
            hand.answer(tool_use_id, "blue").unwrap();
        }
    })
    .await;
    assert_eq!(outcome.last_message(1)[0]["toolResult"]["content"], json!([{"text": "blue"}]));
    assert_eq!(outcome.text(), "Blue it is.");
}

#[tokio::test]
async fn where_nobody_is_there_the_model_is_told_so() {
    let server = Server::new([calls(&[("q", "ask_user", json!({"question": "Which?"}))]), says("Well.")]);
    let tools = Toolbox::new().with(AskUser::default()).unwrap();
    let outcome = ask_on(&server, config(Mode::Streaming), tools, &mut Conversation::new()).await;
    let result = outcome.last_message(1)[0]["toolResult"].clone();
    assert_eq!(result["content"][0]["text"], "Nobody can be asked here. Go on with what is known.");
    assert_eq!(outcome.text(), "Well.");
}

#[tokio::test]
async fn the_stream_that_was_given_up_is_closed() {
    let server = Server::new([stream([ms(), text(0, "half"), Piece::Hang]), stream([ms(), Piece::Hang])]);
    let (steering, mut closed) = (Steering::new(), None);
    let agent = Agent::new(server.client(), config(Mode::Streaming), toolbox());
    let mut conversation = Conversation::new();
    {
        let (hand, far_end) = (steering.clone(), server.clone());
        let mut sink = |event: AgentEvent| match event {
            AgentEvent::TextDelta { .. } => hand.redirect("Else.").unwrap(),
            AgentEvent::Redirected { .. } => closed = Some(far_end.body_dropped.load(Ordering::SeqCst)),
            _ => {}
        };
        let run = agent.run_steered(&mut conversation, "Go.", &steering, &mut sink);
        let mut run = std::pin::pin!(run);
        while server.requests().len() < 2 {
            tokio::select! {
                _ = &mut run => panic!("it ended"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    assert_eq!(closed, Some(true));
}
