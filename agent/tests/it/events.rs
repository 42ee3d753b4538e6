//! What a watcher sees, and what is counted.

use faultline_agent::{AgentEvent, to_channel};
use serde_json::json;

use crate::script::*;

fn name(event: &AgentEvent) -> &'static str {
    match event {
        AgentEvent::TurnStarted { .. } => "turn",
        AgentEvent::FirstEvent { .. } => "first",
        AgentEvent::TextDelta { .. } => "text",
        AgentEvent::ReasoningDelta { .. } => "reasoning",
        AgentEvent::ToolInputComplete { .. } => "input",
        AgentEvent::Checkpoint { .. } => "checkpoint",
        AgentEvent::ToolStarted { .. } => "started",
        AgentEvent::ToolFinished { .. } => "finished-tool",
        AgentEvent::Stopped { .. } => "stop",
        AgentEvent::UsageCounted { .. } => "usage",
        AgentEvent::Warning { .. } => "warning",
        AgentEvent::Failed { .. } => "failed",
        AgentEvent::Finished { .. } => "finished",
        _ => "?",
    }
}

const TWO_TURNS: [&str; 15] = [
    "turn",
    "first",
    "input",
    "stop",
    "usage",
    "checkpoint",
    "started",
    "finished-tool",
    "checkpoint",
    "turn",
    "first",
    "text",
    "stop",
    "usage",
    "finished",
];

#[tokio::test]
async fn both_modes_tell_the_same_story() {
    let input = r#"{"expression":"1+1"}"#;
    let streamed = ask([calls("a", "calculator", &["", input]), says("2")]).await;
    assert_eq!(streamed.events.iter().map(name).collect::<Vec<_>>(), TWO_TURNS);
    let call = json!([{"toolUse": {"toolUseId": "a", "name": "calculator", "input": {"expression": "1+1"}}}]);
    let whole = ask_unary([unary("tool_use", call), unary("end_turn", json!([{"text": "2"}]))]).await;
    assert_eq!(whole.events.iter().map(name).collect::<Vec<_>>(), TWO_TURNS);
    let inputs = |outcome: &Outcome| {
        let input = |event: &AgentEvent| {
            if let AgentEvent::ToolInputComplete { input, .. } = event { Some(input.clone()) } else { None }
        };
        outcome.events.iter().find_map(input)
    };
    assert_eq!(inputs(&streamed), inputs(&whole));
}

#[tokio::test]
async fn a_failure_is_told_too() {
    let outcome = ask([stream([ms(), text(0, "half")])]).await;
    let told: Vec<_> = outcome.events.iter().map(name).collect();
    assert_eq!(told, ["turn", "first", "text", "usage", "failed"]);
}

#[tokio::test]
async fn usage_is_added_up_once_per_model_call() {
    let mut first = calls("a", "calculator", &[r#"{"expression":"1"}"#]);
    let usage = json!({"inputTokens": 3, "outputTokens": 50, "totalTokens": 80053, "cacheReadInputTokens": 80000,
        "cacheWriteInputTokens": 7});
    first.body.pop();
    first.body.push(event("metadata", json!({"metrics": {"latencyMs": 1}, "usage": usage})));
    let none = calls("a", "calculator", &[r#"{"expression":"1"}"#]);
    let zero = {
        let mut zero = calls("a", "calculator", &[r#"{"expression":"1"}"#]);
        zero.body.pop();
        zero.body.push(meta(0, 0));
        zero
    };
    let outcome = ask([first, none, zero, says("done")]).await;
    let usage = outcome.result.unwrap().stats.usage;
    assert_eq!((usage.calls, usage.unreported_calls), (4, 1), "all zeros are unknown, not free");
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.total_tokens), (23, 54, 80077));
    assert_eq!((usage.cache_read_tokens, usage.cache_write_tokens), (80000, 7));
}

#[tokio::test(start_paused = true)]
async fn first_event_and_first_text_are_timed() {
    let outcome = ask([calls("a", "calculator", &[r#"{"expression":"1"}"#]), says("done")]).await;
    let stats = outcome.result.unwrap().stats;
    assert!(stats.first_event.unwrap() <= stats.first_text.unwrap());
    assert_eq!(stats.turns, 2);
    let outcome = ask([stream([ms(), text(0, ""), stop("end_turn")])]).await;
    assert_eq!(outcome.error().partial.stats.first_text, None, "an empty delta is no text");
}

#[tokio::test]
async fn events_can_go_to_a_channel() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let mut sink = to_channel(sender);
    sink(AgentEvent::TurnStarted { turn: 1 });
    assert_eq!(receiver.recv().await, Some(AgentEvent::TurnStarted { turn: 1 }));
    drop(receiver);
    sink(AgentEvent::TurnStarted { turn: 2 });
}
