//! Attempts of one turn: pauses, bounds, what is shown, what is counted. Time is tokio's, paused; chance is a number.

use std::sync::Arc;
use std::time::Duration;

use faultline_agent::{
    Agent, AgentConfig, AgentEvent, CallPolicy, Cause, Chance, Conversation, Mode, PartialPolicy,
};
use serde_json::json;

use crate::script::*;

/// Chance that always draws the same.
struct Always(f64);

impl Chance for Always {
    fn draw(&self) -> f64 {
        self.0
    }
}

pub(crate) fn patient() -> AgentConfig {
    AgentConfig { calls: CallPolicy::patient(), ..config(Mode::Streaming) }
}

fn with(change: impl FnOnce(&mut CallPolicy)) -> AgentConfig {
    let mut config = patient();
    change(&mut config.calls);
    config
}

/// One prompt to an agent whose pauses are as long as they can be.
async fn run(config: AgentConfig, replies: impl IntoIterator<Item = Reply>) -> Outcome {
    let server = Server::new(replies);
    let mut events = Vec::new();
    let agent = Agent::new(server.client(), config, toolbox()).with_chance(Arc::new(Always(1.0)));
    let mut sink = |event| events.push(event);
    let result = agent.run(&mut Conversation::new(), "Where is my order?", &mut sink).await;
    Outcome { result, events, server }
}

fn throttled() -> Reply {
    body(429, Some("ThrottlingException"), &json!({"message": "Too many requests"}))
}

fn refused() -> Reply {
    body(400, Some("ValidationException"), &json!({"message": "No."}))
}

/// The pauses in milliseconds.
fn pauses(outcome: &Outcome) -> Vec<u128> {
    let pauses = outcome.events.iter().filter_map(|event| match event {
        AgentEvent::ModelRetry { after, .. } => Some(after.as_millis()),
        _ => None,
    });
    pauses.collect()
}

/// What somebody has on the screen who does what the events say.
fn screen(outcome: &Outcome) -> String {
    outcome.events.iter().fold(String::new(), |mut screen, event| {
        match event {
            AgentEvent::TextDelta { text, .. } => screen.push_str(text),
            AgentEvent::TextReplaced { keep, .. } => screen = screen.chars().take(*keep).collect(),
            _ => {}
        }
        screen
    })
}

fn deltas(outcome: &Outcome) -> Vec<&str> {
    let deltas = outcome.events.iter().filter_map(|event| match event {
        AgentEvent::TextDelta { text, .. } => Some(text.as_str()),
        _ => None,
    });
    deltas.collect()
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out_with_growing_pauses() {
    let outcome = run(patient(), [throttled(), throttled(), throttled(), says("done")]).await;
    assert_eq!(outcome.text(), "done");
    assert_eq!(pauses(&outcome), [500, 1000, 2000]);
    let stats = &outcome.result.as_ref().unwrap().stats;
    assert_eq!((stats.turns, stats.usage.calls, stats.usage.unreported_calls), (1, 4, 3));
    assert_eq!(stats.elapsed.as_millis(), 3500);
    let failed: Vec<bool> = stats.attempts.iter().map(|attempt| attempt.failure.is_some()).collect();
    assert_eq!(failed, [true, true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn attempts_come_to_an_end_and_the_error_keeps_them_all() {
    let outcome = run(patient(), (0..9).map(|_| throttled())).await;
    let error = outcome.error();
    assert_eq!(
        error.to_string(),
        "ThrottlingException before the answer: Too many requests (request id req-1)"
    );
    let attempts = &error.partial.stats.attempts;
    assert_eq!((attempts.len(), outcome.server.requests().len()), (6, 6));
    assert!(attempts.iter().all(|attempt| matches!(attempt.failure, Some(Cause::Service(_)))));
    let counted: Vec<(u32, u32)> = attempts.iter().map(|attempt| (attempt.turn, attempt.attempt)).collect();
    assert_eq!(counted, (1..7).map(|nth| (1, nth)).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_not_tried_again() {
    let day = json!({"message": "Too many tokens per day, please wait before trying again."});
    for reply in [
        refused(),
        body(403, Some("ExpiredTokenException"), &json!({"message": "expired"})),
        body(429, Some("ThrottlingException"), &day),
        stream([exception("validationException", "No.")]),
        body(200, None, &json!({})),
        stream([ms(), text(0, "no"), stop("content_filtered")]),
    ] {
        let outcome = run(patient(), [reply, says("done")]).await;
        assert!(outcome.result.is_err());
        assert_eq!(outcome.server.requests().len(), 1, "{}", outcome.error());
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_breaks_a_stream_is_tried_again_and_shown_once() {
    let Piece::Data(whole) = text(0, "lost") else { panic!("data") };
    for broken in [
        vec![Piece::Break],
        vec![],
        vec![Piece::Data(whole.slice(..whole.len() - 1))],
        vec![exception("throttlingException", "slow")],
        vec![exception("internalServerException", "broke")],
        vec![exception("modelStreamErrorException", "broke")],
        vec![Piece::Hang],
    ] {
        let first = [ms(), text(0, "The ferryman"), text(0, " rows")].into_iter().chain(broken);
        let outcome = run(patient(), [stream(first), says("The ferryman rows out.")]).await;
        assert_eq!(outcome.text(), "The ferryman rows out.");
        assert_eq!(deltas(&outcome), ["The ferryman", " rows", " out."]);
        let Some(AgentEvent::ModelRetry { last_event, attempt: 1, .. }) =
            outcome.events.iter().find(|event| matches!(event, AgentEvent::ModelRetry { .. }))
        else {
            panic!("no retry: {:?}", outcome.events)
        };
        assert_eq!(*last_event, Some("contentBlockDelta"));
        assert_eq!(outcome.server.requests()[0], outcome.server.requests()[1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_that_comes_out_otherwise_is_said_to() {
    let broken = || stream([ms(), text(0, "The ferryman rows"), Piece::Break]);
    let outcome = run(patient(), [broken(), says("The ferry is late.")]).await;
    assert_eq!(screen(&outcome), "The ferry is late.");
    assert!(outcome.events.contains(&AgentEvent::TextReplaced { turn: 1, keep: 9 }), "{:?}", outcome.events);
    let outcome = run(patient(), [broken(), says("The")]).await;
    assert_eq!(screen(&outcome), "The");
}

#[tokio::test(start_paused = true)]
async fn a_tool_runs_once_however_often_its_call_was_asked_for() {
    let half = stream([ms(), tool(0, "a", "get_order_status"), frag(0, "{}"), close(0), Piece::Break]);
    let whole = || calls("a", "get_order_status", &[r#"{"order_id":"A-10293"}"#]);
    let outcome = run(patient(), [half, whole(), throttled(), throttled(), says("shipped")]).await;
    assert_eq!((outcome.text(), outcome.started().len()), ("shipped", 1));
    assert_eq!(outcome.server.requests().len(), 5);
    assert_eq!(pauses(&outcome), [500, 500, 1000], "each turn begins its own count");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_asked_for_is_kept_and_a_long_one_is_not_awaited() {
    let asks = |name, value: &str| {
        let mut reply = throttled();
        reply.headers.push((name, value.to_owned()));
        reply
    };
    for (name, value) in [("retry-after", "7"), ("retry-after-ms", "7000"), ("x-amz-retry-after", "7000")] {
        let outcome = run(patient(), [asks(name, value), says("done")]).await;
        assert_eq!(pauses(&outcome), [7500], "{name}");
    }
    let outcome = run(patient(), [asks("retry-after", "61"), says("done")]).await;
    assert!(outcome.result.is_err() && pauses(&outcome).is_empty());
}

#[tokio::test(start_paused = true)]
async fn silence_is_given_one_more_chance() {
    for hang in [vec![Piece::Hang], vec![ms(), Piece::Hang], vec![ms(), text(0, "kept"), Piece::Hang]] {
        let config = AgentConfig { event_timeout: Some(Duration::from_secs(7)), ..patient() };
        let outcome = run(config, (0..3).map(|_| stream(hang.clone()))).await;
        let error = outcome.error();
        assert!(matches!(error.cause, Cause::Transport { timeout: true, .. }), "{error}");
        assert_eq!(error.partial.stats.elapsed.as_millis(), 7000 + 500 + 7000);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_event_may_have_a_limit_of_its_own() {
    let limit = Some(Duration::from_secs(2));
    let config =
        |mode| AgentConfig { mode, first_event_timeout: limit, ..with(|calls| calls.max_attempts = 1) };
    let elapsed = |outcome: &Outcome| outcome.error().partial.stats.elapsed.as_secs();
    let outcome = run(config(Mode::Streaming), [stream([Piece::Hang])]).await;
    assert_eq!(elapsed(&outcome), 2);
    let outcome = run(config(Mode::Streaming), [stream([ms(), Piece::Hang])]).await;
    assert_eq!(elapsed(&outcome), 60);
    let mut slow = body(200, None, &json!({}));
    slow.body = vec![Piece::Hang];
    let outcome = run(config(Mode::Unary), [slow]).await;
    assert_eq!(elapsed(&outcome), 2);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_attempts_and_pauses_together() {
    let config = with(|calls| calls.deadline = Some(Duration::from_secs(2)));
    let outcome = run(config.clone(), (0..9).map(|_| throttled())).await;
    assert_eq!(pauses(&outcome), [500, 1000], "the next pause would end too late");
    assert!(matches!(outcome.error().cause, Cause::Service(_)), "the last error is told, not the deadline");
    let outcome = run(config, [throttled(), stream([ms(), text(0, "kept"), Piece::Hang])]).await;
    let error = outcome.error();
    assert_eq!((error.partial.stats.elapsed.as_secs(), error.partial.text.as_str()), (2, "kept"));
    assert!(error.to_string().ends_with("the time for the whole call is over (request id req-1)"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_asked_for_once_more() {
    let empty = || stream([ms(), stop("end_turn"), meta(10, 0)]);
    let outcome = run(patient(), [empty(), says("done")]).await;
    assert_eq!((outcome.text(), outcome.server.requests().len()), ("done", 2));
    let outcome = run(patient(), [empty(), empty(), says("done")]).await;
    assert!(matches!(outcome.error().cause, Cause::EmptyReply { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_is_kept_whatever_comes_after_it() {
    let late = stream([
        ms(),
        text(0, "done"),
        close(0),
        stop("end_turn"),
        exception("internalServerException", "x"),
    ]);
    let outcome = run(patient(), [late, says("again")]).await;
    assert_eq!((outcome.text(), outcome.server.requests().len()), ("done", 1));
}

#[tokio::test(start_paused = true)]
async fn a_text_that_broke_is_kept_and_gone_on_with_where_the_caller_wants_it() {
    let server = Server::new([stream([ms(), text(0, "The ferryman rows "), Piece::Break]), says("out.")]);
    let config = with(|calls| calls.partial = PartialPolicy::Keep);
    let agent = Agent::new(server.client(), config, toolbox());
    let mut conversation = Conversation::new();
    let error = agent.run(&mut conversation, "Tell me.", &mut |_| {}).await.unwrap_err();
    assert!(error.partial.kept);
    assert_eq!((error.partial.text.as_str(), server.requests().len()), ("The ferryman rows ", 1));
    let answer = agent.resume(&mut conversation, &mut |_| {}).await.unwrap();
    assert_eq!(answer.text, "out.");
    let history = &server.requests()[1]["messages"];
    assert_eq!(history[1]["content"], json!([{"text": "The ferryman rows\n\n[The answer broke off here.]"}]));
    assert_eq!(conversation.messages().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_what_never_began() {
    let server = Server::new((0..6).map(|_| throttled()));
    let config = with(|calls| calls.partial = PartialPolicy::Keep);
    let agent = Agent::new(server.client(), config, toolbox());
    let mut conversation = Conversation::new();
    let error = agent.run(&mut conversation, "Tell me.", &mut |_| {}).await.unwrap_err();
    assert!(!error.partial.kept && conversation.messages().is_empty());
    assert_eq!(server.requests().len(), 6, "where nothing was shown, it is tried again all the same");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_makes_no_sense_costs_all_the_same() {
    let senseless = || stream([ms(), frag(0, "{}"), close(0), stop("tool_use"), meta(10, 2)]);
    let outcome = run(patient(), [senseless(), senseless()]).await;
    let error = outcome.error();
    assert!(matches!(error.cause, Cause::Protocol(_)), "{error}");
    let usage = error.partial.stats.usage;
    assert_eq!((usage.calls, usage.unreported_calls, usage.input_tokens, usage.output_tokens), (2, 0, 20, 4));
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_that_goes_on_is_never_cut_and_silence_is_counted_from_the_last_event() {
    let steady = (0..10).flat_map(|_| [Piece::Wait(50_000), text(0, "a")]);
    let body = [ms()].into_iter().chain(steady).chain([close(0), stop("end_turn"), meta(10, 2)]);
    let outcome = run(patient(), [stream(body)]).await;
    assert_eq!((outcome.text(), outcome.server.requests().len()), ("aaaaaaaaaa", 1));
}
