//! Other models, other forms of the request, and models that are left alone.

use std::time::Duration;

use faultline_agent::{Agent, AgentConfig, AgentEvent, Cause, Change, Conversation, Mode, Route};
use serde_json::{Value, json};

use crate::attempts::patient;
use crate::script::*;

fn refusal(status: u16, kind: &'static str, message: &str) -> Reply {
    body(status, Some(kind), &json!({ "message": message }))
}

fn throttled() -> Reply {
    refusal(429, "ThrottlingException", "Too many requests")
}

fn with_fallback() -> AgentConfig {
    let mut config = patient();
    config.calls.max_attempts = 2;
    config.calls.route = Route { fallbacks: vec!["other.model-v1:0".to_owned()], latency_budget: None };
    config
}

async fn run(config: AgentConfig, replies: impl IntoIterator<Item = Reply>) -> Outcome {
    ask_on(&Server::new(replies), config, toolbox(), &mut Conversation::new()).await
}

/// The models that were asked, by the first letter.
fn models(server: &Server) -> String {
    server.asked().iter().filter_map(|path| path.chars().next()).collect()
}

#[tokio::test(start_paused = true)]
async fn another_model_is_asked_when_one_gives_no_answer() {
    let check = async |replies: Vec<Reply>, expected: &str| {
        let outcome = run(with_fallback(), replies).await;
        assert_eq!(models(&outcome.server), expected);
        outcome
    };
    let outcome = check(vec![throttled(), throttled(), says("done")], "tto").await;
    let Some(AgentEvent::Fallback { from, to, why: Cause::Service(_), .. }) =
        outcome.events.iter().find(|event| matches!(event, AgentEvent::Fallback { .. }))
    else {
        panic!("{:?}", outcome.events)
    };
    assert_eq!((from.as_str(), to.as_str()), ("test.model-v1:0", "other.model-v1:0"));
    assert_eq!(outcome.result.unwrap().stats.attempts[2].model, "other.model-v1:0");
    let unknown = refusal(400, "ValidationException", "The provided model identifier is invalid.");
    check(vec![unknown, says("done")], "to").await;
    check(vec![refusal(404, "ResourceNotFoundException", "Legacy"), says("done")], "to").await;
    let outcome = check(vec![throttled(), throttled(), throttled(), throttled()], "ttoo").await;
    assert_eq!(outcome.error().partial.stats.attempts.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_did_wrong_no_other_model_mends() {
    for reply in [
        refusal(403, "ExpiredTokenException", "expired"),
        refusal(400, "ValidationException", "messages.1.content is blank"),
    ] {
        let outcome = run(with_fallback(), [reply, says("done")]).await;
        assert_eq!(models(&outcome.server), "t");
    }
}

#[tokio::test(start_paused = true)]
async fn text_that_one_model_showed_is_replaced_by_the_others() {
    let broken = || stream([ms(), text(0, "I think"), Piece::Break]);
    let outcome = run(with_fallback(), [broken(), broken(), says("I know.")]).await;
    let known = AgentEvent::TextReplaced { turn: 1, keep: 2 };
    assert!(outcome.events.contains(&known), "{:?}", outcome.events);
}

#[tokio::test(start_paused = true)]
async fn a_refused_stream_is_asked_for_without_one_and_that_is_remembered() {
    for reply in [
        refusal(400, "ValidationException", "This model doesn't support tool use in streaming mode."),
        refusal(400, "ValidationException", "The model is unsupported for streaming."),
        refusal(
            403,
            "AccessDeniedException",
            "not authorized to perform: bedrock:InvokeModelWithResponseStream",
        ),
    ] {
        let call = json!([{"toolUse": {"toolUseId": "a", "name": "get_order_status", "input": {"order_id": "A-10293"}}}]);
        let answer = || unary("end_turn", json!([{"text": "shipped"}]));
        let server = Server::new([reply, unary("tool_use", call), answer(), answer()]);
        let agent = Agent::new(server.client(), patient(), toolbox());
        let mut conversation = Conversation::new();
        let mut changes = 0;
        let mut sink = |event| {
            changes += u32::from(matches!(event, AgentEvent::RequestChanged { change: Change::Unary, .. }));
        };
        agent.run(&mut conversation, "Where is it?", &mut sink).await.unwrap();
        agent.clone().run(&mut conversation, "And now?", &mut |_| {}).await.unwrap();
        let operations: Vec<String> =
            server.asked().iter().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(operations, ["converse-stream", "converse", "converse", "converse"]);
        assert_eq!(changes, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_is_refused_twice_is_an_error() {
    let refused = || refusal(400, "ValidationException", "The model is unsupported for streaming.");
    let outcome = run(patient(), [refused(), refused(), says("done")]).await;
    assert_eq!(outcome.server.requests().len(), 2);
    assert!(outcome.error().to_string().contains("unsupported for streaming"));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_changes_nothing_is_not_sent_again() {
    for message in [
        "This model doesn't support the status field. Remove status and try again.",
        "messages.1.content: Conversation blocks and tool use blocks cannot be provided in the same turn.",
        "Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.",
        "This model doesn't support the stopSequences field.",
    ] {
        let outcome = run(patient(), [refusal(400, "ValidationException", message), says("done")]).await;
        assert_eq!(outcome.server.requests().len(), 1, "{message}");
        assert!(outcome.error().to_string().contains(message));
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_of_a_result_goes_where_the_model_refuses_it() {
    let refused = refusal(400, "ValidationException", "This model doesn't support the status field.");
    let look = calls("a", "no_such_tool", &["{}"]);
    let outcome = run(patient(), [look, refused, says("done")]).await;
    let status = |nth: usize| outcome.last_message(nth)[0]["toolResult"]["status"].clone();
    assert_eq!((outcome.text(), status(1), status(2)), ("done", json!("error"), json!(null)));
}

fn cache_points(request: &Value) -> (bool, bool) {
    let has = |list: &Value| {
        list.as_array().is_some_and(|list| list.iter().any(|item| item.get("cachePoint").is_some()))
    };
    (has(&request["system"]), has(&request["toolConfig"]["tools"]))
}

#[tokio::test(start_paused = true)]
async fn cache_points_go_where_the_model_takes_them_and_go_when_it_refuses() {
    let config =
        |model: &str| AgentConfig { model_id: model.into(), system: Some("Be brief.".into()), ..patient() };
    for (model, expected) in [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", (true, true)),
        ("us.amazon.nova-pro-v1:0", (true, false)),
        ("us.meta.llama3-3-70b-instruct-v1:0", (false, false)),
    ] {
        let outcome = run(config(model), [says("done")]).await;
        assert_eq!(cache_points(&outcome.server.requests()[0]), expected, "{model}");
        let off = AgentConfig { prompt_caching: false, ..config(model) };
        let outcome = run(off, [says("done")]).await;
        assert_eq!(cache_points(&outcome.server.requests()[0]), (false, false), "{model}");
    }
    let refused = refusal(
        403,
        "AccessDeniedException",
        "You invoked an unsupported model or your request did not allow prompt caching.",
    );
    let outcome = run(config("anthropic.claude-sonnet-4-5"), [refused, says("done")]).await;
    let points: Vec<_> = outcome.server.requests().iter().map(cache_points).collect();
    assert_eq!(points, [(true, true), (false, false)]);
}

#[tokio::test(start_paused = true)]
async fn fewer_tokens_are_asked_for_where_the_model_says_so() {
    let config = AgentConfig { max_tokens: 100_000, ..patient() };
    let refused = refusal(
        400,
        "ValidationException",
        "The maximum tokens you requested exceeds the model limit of 4096. Try again.",
    );
    let outcome = run(config, [refused, says("done")]).await;
    let asked: Vec<_> = outcome
        .server
        .requests()
        .iter()
        .map(|request| request["inferenceConfig"]["maxTokens"].clone())
        .collect();
    assert_eq!(asked, [100_000, 4096]);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_keeps_failing_is_left_alone_for_a_while() {
    let server = Server::new((0..4).map(|_| throttled()).chain([says("done")]));
    let mut config = patient();
    config.calls.max_attempts = 3;
    config.calls.breaker.failures = 4;
    config.calls.breaker.open_for = Duration::from_secs(30);
    let agent = Agent::new(server.client(), config, toolbox());
    let ask = async || {
        let mut opened = false;
        let mut sink = |event| opened |= matches!(event, AgentEvent::BreakerOpen { .. });
        let result = agent.run(&mut Conversation::new(), "hello", &mut sink).await;
        (result.map(|answer| answer.text).map_err(|error| error.cause), opened)
    };
    assert!(matches!(ask().await, (Err(Cause::Service(_)), false)));
    assert!(matches!(ask().await, (Err(Cause::Service(_)), true)), "the fourth failure opens it");
    let (Err(Cause::CircuitOpen(open)), false) = ask().await else { panic!("not refused") };
    assert_eq!((open.failures, server.requests().len()), (4, 4));
    let said = open.to_string();
    assert!(said.contains("ThrottlingException before the answer: Too many requests"), "{said}");
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(ask().await.0, Ok("done".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_sends_the_next_turn_to_another_model() {
    let mut config = with_fallback();
    config.calls.breaker.failures = 2;
    let server = Server::new([throttled(), throttled(), says("one"), says("two")]);
    let agent = Agent::new(server.client(), config, toolbox());
    let mut conversation = Conversation::new();
    for expected in ["one", "two"] {
        assert_eq!(agent.run(&mut conversation, "go", &mut |_| {}).await.unwrap().text, expected);
    }
    assert_eq!(models(&server), "ttoo");
}

#[tokio::test(start_paused = true)]
async fn without_a_policy_nothing_is_changed_or_repeated() {
    let refused = refusal(400, "ValidationException", "The model is unsupported for streaming.");
    for reply in [refused, throttled()] {
        let outcome = run(config(Mode::Streaming), [reply, says("done")]).await;
        assert!(outcome.result.is_err());
        assert_eq!(outcome.server.requests().len(), 1);
    }
}

fn slow(millis: u64) -> Reply {
    stream([Piece::Wait(millis), ms(), text(0, "slow"), stop("end_turn"), meta(10, 2)])
}

fn in_a_hurry() -> AgentConfig {
    let mut config = with_fallback();
    config.calls.route.latency_budget = Some(Duration::from_millis(500));
    config
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_too_slow_for_the_budget_makes_way_in_the_middle_of_the_call_and_is_asked_last_then()
{
    let server = Server::new([slow(900), says("fast"), says("fast")]);
    let agent = Agent::new(server.client(), in_a_hurry(), toolbox());
    let began = tokio::time::Instant::now();
    let mut fallbacks = Vec::new();
    let mut sink = |event| {
        if let AgentEvent::Fallback { from, to, why, .. } = event {
            fallbacks.push((from, to, why.to_string()));
        }
    };
    let answer = agent.run(&mut Conversation::new(), "go", &mut sink).await.unwrap();
    let why = "no event came within the latency budget of 500ms".to_owned();
    assert_eq!(fallbacks, [("test.model-v1:0".to_owned(), "other.model-v1:0".to_owned(), why)]);
    assert_eq!((answer.text.as_str(), began.elapsed()), ("fast", Duration::from_millis(500)));
    let attempts: Vec<_> = answer.stats.attempts.iter().map(|it| it.usage.unreported_calls).collect();
    assert_eq!(attempts, [1, 0], "what the dropped attempt cost, nobody said");
    agent.run(&mut Conversation::new(), "go", &mut |_| {}).await.unwrap();
    assert_eq!(models(&server), "too");
}

#[tokio::test(start_paused = true)]
async fn only_the_first_event_has_a_budget_and_the_last_model_has_none() {
    let late_text =
        stream([Piece::Wait(400), ms(), Piece::Wait(900), text(0, "slow"), stop("end_turn"), meta(10, 2)]);
    let outcome = run(in_a_hurry(), [late_text]).await;
    assert_eq!((outcome.text(), models(&outcome.server).as_str()), ("slow", "t"));
    let outcome = run(in_a_hurry(), [slow(900), slow(900)]).await;
    assert_eq!((outcome.text(), models(&outcome.server).as_str()), ("slow", "to"));
    let mut alone = in_a_hurry();
    alone.calls.route.fallbacks.clear();
    assert_eq!(run(alone, [slow(900)]).await.text(), "slow");
}

#[tokio::test(start_paused = true)]
async fn who_is_not_waited_for_has_neither_failed_nor_succeeded() {
    let mut config = in_a_hurry();
    config.calls.max_attempts = 1;
    config.calls.breaker.failures = 2;
    let server = Server::new([throttled(), throttled(), slow(900), says("a"), throttled(), throttled()]);
    let agent = Agent::new(server.client(), config, toolbox());
    let mut opened = Vec::new();
    for nth in 1..=3 {
        let mut sink = |event| {
            if let AgentEvent::BreakerOpen { model, .. } = event {
                opened.push((nth, model));
            }
        };
        let _ = agent.run(&mut Conversation::new(), "go", &mut sink).await;
    }
    // Both fail once. The first is then too slow, which counts for nothing, and goes last; its next failure is its second.
    assert_eq!(models(&server), "totoot");
    assert_eq!(opened, [(3, "test.model-v1:0".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_small_model_that_cannot_do_it_makes_way_for_the_next() {
    let empty = || stream([ms(), stop("end_turn"), meta(10, 0)]);
    let malformed = || stream([ms(), stop("malformed_tool_use"), meta(10, 0)]);
    for replies in [vec![empty(), empty(), says("done")], vec![malformed(), malformed(), says("done")]] {
        let outcome = run(with_fallback(), replies).await;
        assert_eq!((outcome.text(), models(&outcome.server).as_str()), ("done", "tto"));
    }
}
