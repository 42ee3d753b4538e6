//! The reference agent against our server: improvising, where no script is and the whole loop runs, and failing in every way
//! that the agent has an answer to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_agent::client::{ClientSettings, client};
use faultline_agent::tools::{Calculator, GetOrderStatus};
use faultline_agent::{
    Agent, AgentConfig, AgentError, AgentEvent, Answer, Backoff, CallPolicy, Cause, Conversation, Mode,
    Route, Toolbox,
};
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::exchange::Verdict;
use faultline_scenarios::{Book, load};
use std::sync::Arc;
use std::time::Duration;

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

/// What came of one prompt.
struct Played {
    result: Result<Answer, AgentError>,
    events: Vec<AgentEvent>,
    server: MockBedrock,
}

impl Played {
    fn text(&self) -> &str {
        &self.result.as_ref().unwrap().text
    }

    /// Operation and model of each request.
    fn asked(&self) -> Vec<String> {
        let calls = self.server.exchanges();
        calls
            .iter()
            .map(|exchange| format!("{} {}", exchange.call.operation.name(), exchange.call.model_id))
            .collect()
    }

    fn shown(&self) -> String {
        let texts = self.events.iter().filter_map(|event| match event {
            AgentEvent::TextDelta { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

const FERRYMAN: &str = "replies:\n  - message: [{text: The ferryman rows out with the tide., fragments: [The ferryman, ' rows out', ' with the tide.']}]\n";

async fn serve(scenario: &str) -> MockBedrock {
    let scenario = load::scenario("one", "one.yaml", &format!("faultline: 1\n{scenario}")).unwrap();
    let brain = Arc::new(Scripted::new(Book::new(vec![scenario])));
    MockBedrock::start(Options::default(), brain).await.unwrap().unverified()
}

/// Patient, with pauses that cost a test little.
fn policy() -> CallPolicy {
    let backoff = Backoff {
        floor: Duration::from_millis(5),
        base: Duration::from_millis(20),
        cap: Duration::from_millis(100),
    };
    CallPolicy { backoff, ..CallPolicy::patient() }
}

fn patient(server: &MockBedrock, calls: CallPolicy) -> Agent {
    let settings =
        ClientSettings { endpoint_url: Some(server.url()), max_attempts: 1, ..ClientSettings::default() };
    let event_timeout = Some(Duration::from_millis(500));
    let config = AgentConfig { calls, event_timeout, ..AgentConfig::new(MODEL) };
    let tools = Toolbox::new().with(GetOrderStatus::default()).unwrap();
    Agent::new(client(&settings).unwrap(), config, tools)
}

async fn play(scenario: &str, calls: CallPolicy) -> Played {
    let server = serve(scenario).await;
    let agent = patient(&server, calls);
    let mut events = Vec::new();
    let mut sink = |event| events.push(event);
    let result = agent.run(&mut Conversation::new(), "Tell me.", &mut sink).await;
    Played { result, events, server }
}

#[tokio::test]
async fn what_is_refused_or_broken_once_or_twice_is_answered_in_the_end() {
    for (fault, requests) in [
        ("{do: throttle, times: 2}", 3),
        ("{do: {error: {type: ServiceUnavailableException}}, times: 2}", 3),
        ("{do: {exception: {type: throttlingException}}, at: start, times: 2}", 3),
        ("{do: {exception: {type: internalServerException}}, at: contentBlockDelta 0 nth 2, times: 1}", 2),
        ("{do: cut, at: contentBlockDelta 0 nth 2, times: 2}", 3),
        ("{do: reset, at: contentBlockDelta 0 nth 2, times: 1}", 2),
        ("{do: no_stop, times: 1}", 2),
        ("{do: corrupt, at: contentBlockDelta 0 nth 2, times: 1}", 2),
        ("{do: stall, at: contentBlockDelta 0 nth 2, times: 1}", 2),
        ("{do: stall, at: head, times: 1}", 2),
    ] {
        let played = play(&format!("{FERRYMAN}faults: [{fault}]\n"), policy()).await;
        assert_eq!(played.text(), "The ferryman rows out with the tide.", "{fault}");
        assert_eq!(played.shown(), played.text(), "{fault}: shown once");
        assert_eq!(played.server.exchanges().len(), requests, "{fault}");
        let stats = &played.result.as_ref().unwrap().stats;
        assert_eq!((stats.attempts.len(), stats.usage.calls as usize), (requests, requests), "{fault}");
    }
}

#[tokio::test]
async fn what_cannot_succeed_is_asked_for_once() {
    for fault in [
        "{error: {type: ValidationException, message: No.}}",
        "{throttle: {message: 'Too many tokens per day, please wait before trying again.'}}",
        "{error: {type: ExpiredTokenException, status: 403, message: expired}}",
    ] {
        let played = play(&format!("{FERRYMAN}faults: [{{do: {fault}}}]\n"), policy()).await;
        assert_eq!((played.result.is_err(), played.server.exchanges().len()), (true, 1), "{fault}");
    }
}

#[tokio::test]
async fn another_model_answers_where_the_first_does_not_and_its_circuit_opens() {
    let fault =
        "{do: {exception: {type: serviceUnavailableException}}, at: contentBlockDelta 0, firstModel: true}";
    let server = serve(&format!("{FERRYMAN}faults: [{fault}]\n")).await;
    let route = Route { fallbacks: vec!["us.amazon.nova-pro-v1:0".to_owned()], ..Route::default() };
    let mut calls = CallPolicy { route, max_attempts: 3, ..policy() };
    calls.breaker.failures = 3;
    let agent = patient(&server, calls);
    let mut seen = Vec::new();
    let mut sink = |event| seen.push(event);
    agent.run(&mut Conversation::new(), "Tell me.", &mut sink).await.unwrap();
    assert!(seen.iter().any(|event| matches!(event, AgentEvent::BreakerOpen { .. })));
    assert!(seen.iter().any(|event| matches!(event, AgentEvent::Fallback { .. })));
    agent.run(&mut Conversation::new(), "Tell me.", &mut |_| {}).await.unwrap();
    let models: String = server
        .exchanges()
        .iter()
        .map(|exchange| if exchange.call.model_id.contains("nova") { 'n' } else { 'c' })
        .collect();
    assert_eq!(models, "cccnn");
}

#[tokio::test]
async fn a_stream_that_is_refused_is_asked_for_without_one() {
    let refusal =
        "error: {type: ValidationException, message: This model doesn't support tool use in streaming mode.}";
    let scenario = format!(
        "replies:\n  - when: {{operation: ConverseStream}}\n    {refusal}\n  - when: {{operation: Converse}}\n    message: [{{text: Packed.}}]\n"
    );
    let played = play(&scenario, policy()).await;
    assert_eq!(played.text(), "Packed.");
    assert_eq!(played.asked(), [format!("ConverseStream {MODEL}"), format!("Converse {MODEL}")]);
}

#[tokio::test]
async fn the_deadline_ends_what_would_go_on() {
    let calls = CallPolicy { deadline: Some(Duration::from_millis(300)), max_attempts: 99, ..policy() };
    for fault in ["{do: throttle}", "{do: stall, at: contentBlockDelta 0 nth 2}"] {
        let played = play(&format!("{FERRYMAN}faults: [{fault}]\n"), calls.clone()).await;
        let error = played.result.unwrap_err();
        assert!(
            error.partial.stats.elapsed < Duration::from_secs(2),
            "{fault}: {:?}",
            error.partial.stats.elapsed
        );
        assert!(matches!(error.cause, Cause::Service(_) | Cause::Transport { timeout: true, .. }), "{error}");
    }
}

#[tokio::test]
async fn a_history_that_is_too_long_is_summed_up() {
    let too_long = "{do: {error: {type: ValidationException, message: Input is too long for requested model.}}, call: 2, times: 1}";
    let replies = "order: call\nreplies:\n  - message: [{text: First.}]\n  - message: [{text: Nothing yet.}]\n  - message: [{text: They greeted.}]\n  - message: [{text: Second.}]\n";
    let server = serve(&format!("{replies}faults: [{too_long}]\n")).await;
    let agent = patient(&server, policy());
    let mut conversation = Conversation::new();
    agent.run(&mut conversation, "Hello.", &mut |_| {}).await.unwrap();
    let mut summaries = 0;
    let mut sink = |event| {
        summaries += u32::from(matches!(event, AgentEvent::Compacted { summary: Some(_), .. }));
    };
    agent.run(&mut conversation, "Go on.", &mut sink).await.unwrap();
    assert_eq!((summaries, conversation.messages().len()), (1, 4));
    let refused = server
        .exchanges()
        .iter()
        .filter(|exchange| matches!(exchange.decision.verdict, Verdict::Refused { .. }))
        .count();
    assert_eq!((server.exchanges().len(), refused), (4, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_goes_on_with_the_conversation_of_its_session_and_reports_what_it_cost() {
    let replies = "replies:\n  - message: [{text: Hello.}]\n    usage: {inputTokens: 5, outputTokens: 2, totalTokens: 7}\n  - message: [{text: Again.}]\n";
    let server = serve(&format!("{replies}faults: [{{do: throttle, call: 1, times: 1}}]\n")).await;
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (session, report) = (folder.join("agent_session.json"), folder.join("agent_report.json"));
    let _ = std::fs::remove_file(&session);
    let ask = |prompt: &'static str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_faultline"));
        command.args(["agent", prompt, "--session"]).arg(&session);
        command.env("AWS_ENDPOINT_URL", server.url()).env("FAULTLINE_REPORT", &report);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
        (String::from_utf8(output.stdout).unwrap(), told["usage"].clone())
    };
    let (said, usage) = ask("Good morning.");
    assert_eq!((said.as_str(), usage.as_array().unwrap().len()), ("Hello.\n", 2));
    assert_eq!((&usage[0], &usage[1]["inputTokens"]), (&serde_json::Value::Null, &5.into()));
    assert_eq!(ask("And again?").0, "Again.\n");
    let last = server.exchanges().last().unwrap().call.body["messages"].clone();
    let texts: Vec<_> =
        last.as_array().unwrap().iter().map(|message| message["content"][0]["text"].clone()).collect();
    assert_eq!(texts, ["Good morning.", "Hello.", "And again?"]);
}
