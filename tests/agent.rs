//! The reference agent against an improvising server: no script, and the whole loop runs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_agent::client::{ClientSettings, client};
use faultline_agent::tools::{Calculator, GetOrderStatus};
use faultline_agent::{Agent, AgentConfig, Conversation, Mode, Toolbox};
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::Book;
use faultline_scenarios::exchange::Verdict;
use std::sync::Arc;

async fn improvising() -> MockBedrock {
    let book = Book { improvise: true, ..Book::default() };
    MockBedrock::start(Options::default(), Arc::new(Scripted::new(book))).await.unwrap()
}

fn agent(server: &MockBedrock, mode: Mode, model: &str, tools: Toolbox) -> Agent {
    let settings = ClientSettings { endpoint_url: Some(server.url()), ..ClientSettings::default() };
    Agent::new(client(&settings).unwrap(), AgentConfig { mode, ..AgentConfig::new(model) }, tools)
}

#[tokio::test]
async fn an_improvised_server_calls_the_agents_own_first_tool_then_answers() {
    for model in
        ["anthropic.claude-3-5-sonnet-20241022-v2:0", "us.amazon.nova-pro-v1:0", "cohere.command-r-v1:0"]
    {
        for mode in [Mode::Unary, Mode::Streaming] {
            let server = improvising().await;
            let tools = Toolbox::new().with(GetOrderStatus::default()).unwrap().with(Calculator).unwrap();
            let mut conversation = Conversation::new();
            let agent = agent(&server, mode, model, tools);
            let answer = agent.run(&mut conversation, "Where is my order?", &mut |_| {}).await.unwrap();
            let called: Vec<&str> = answer.stats.tool_calls.iter().map(|call| call.name.as_str()).collect();
            assert_eq!((called, answer.stats.turns), (vec!["get_order_status"], 2), "{model} {mode:?}");
            let input = answer.stats.tool_calls[0].input.as_ref().unwrap();
            assert!(input["order_id"].is_string(), "{model} {mode:?}: {input:?}");
            let exchanges = server.exchanges();
            assert!(exchanges.iter().all(|exchange| exchange.decision.verdict == Verdict::Improvised));
        }
    }
}

#[tokio::test]
async fn without_tools_an_improvised_server_answers_at_once() {
    let server = improvising().await;
    let agent = agent(&server, Mode::Streaming, "meta.llama3-3-70b-instruct-v1:0", Toolbox::new());
    let answer = agent.run(&mut Conversation::new(), "Say hello.", &mut |_| {}).await.unwrap();
    assert!(answer.text.contains("Say hello."), "{}", answer.text);
    assert_eq!(server.exchanges().len(), 1);
}
