//! Stop reasons, and what may follow `messageStop`.

use std::time::Duration;

use faultline_agent::{AgentConfig, AgentEvent, Cause, Conversation, Mode};
use serde_json::json;

use crate::script::*;

fn one_call(reason: &str) -> Reply {
    stream([
        ms(),
        tool(0, "a", "calculator"),
        frag(0, r#"{"expression":"1+1"}"#),
        close(0),
        stop(reason),
        meta(10, 2),
    ])
}

#[tokio::test]
async fn a_closed_call_runs_with_end_turn_too() {
    let outcome = ask([one_call("end_turn"), says("2")]).await;
    assert_eq!((outcome.text(), outcome.started()), ("2", vec!["calculator"]));
}

#[tokio::test]
async fn tool_use_without_a_call_ends_the_turn() {
    let outcome = ask([stream([ms(), text(0, "Done."), close(0), stop("tool_use")])]).await;
    assert_eq!((outcome.text(), outcome.server.requests().len()), ("Done.", 1));
}

#[tokio::test]
async fn a_call_that_may_be_cut_is_never_run_even_if_it_parses() {
    for reason in ["max_tokens", "stop_sequence", "model_context_window_exceeded"] {
        let outcome = ask([one_call(reason), says("unreachable")]).await;
        assert!(matches!(outcome.error().cause, Cause::ToolCallCut { .. }), "{:?}", outcome.error());
        assert!(outcome.started().is_empty());
    }
    let cut = stream([ms(), tool(0, "a", "calculator"), frag(0, r#"{"expre"#), close(0), stop("max_tokens")]);
    let outcome = ask([cut]).await;
    assert!(matches!(outcome.error().cause, Cause::ToolCallCut { .. }));
    let whole_then_cut = stream([
        ms(),
        tool(0, "a", "calculator"),
        frag(0, r#"{"expression":"1"}"#),
        close(0),
        tool(1, "b", "calculator"),
        frag(1, r#"{"ex"#),
        stop("max_tokens"),
    ]);
    let outcome = ask([whole_then_cut]).await;
    assert!(outcome.error().to_string().contains("max_tokens"));
    assert!(outcome.started().is_empty());
}

#[tokio::test]
async fn stop_reasons_that_are_no_answer_are_errors_that_name_themselves() {
    for reason in ["content_filtered", "malformed_model_output", "malformed_tool_use", "brand_new_reason"] {
        let outcome = ask([one_call(reason)]).await;
        assert!(outcome.error().to_string().contains(reason));
        assert!(outcome.started().is_empty(), "{reason}");
        let outcome = ask([stream([ms(), text(0, "half"), close(0), stop(reason)])]).await;
        assert_eq!(outcome.error().partial.text, "half");
    }
}

#[tokio::test]
async fn an_answer_knows_whether_it_is_complete() {
    for (reason, complete) in [
        ("end_turn", true),
        ("stop_sequence", true),
        ("max_tokens", false),
        ("guardrail_intervened", false),
        ("model_context_window_exceeded", false),
    ] {
        let outcome = ask([stream([ms(), text(0, "words"), close(0), stop(reason)])]).await;
        assert_eq!(outcome.result.unwrap().is_complete(), complete, "{reason}");
    }
}

#[tokio::test]
async fn an_empty_message_is_not_a_success() {
    for body in [
        vec![ms(), stop("end_turn"), meta(0, 0)],
        vec![ms(), text(0, " \n"), close(0), stop("end_turn")],
        vec![ms(), reasoning(0, "text", "hm"), close(0), stop("end_turn")],
        vec![ms(), reasoning(0, "text", "hm"), close(0), stop("max_tokens")],
    ] {
        let outcome = ask([stream(body)]).await;
        assert!(matches!(outcome.error().cause, Cause::EmptyReply { .. }), "{:?}", outcome.error());
    }
}

#[tokio::test]
async fn what_breaks_after_message_stop_does_not_spoil_the_answer() {
    for last in [
        vec![exception("internalServerException", "late")],
        vec![Piece::Break],
        vec![text(0, "more"), meta(1, 1)],
        vec![Piece::Data(vec![0_u8; 7].into())],
    ] {
        let body = [ms(), text(0, "whole"), close(0), stop("end_turn")].into_iter().chain(last);
        let outcome = ask([stream(body)]).await;
        assert_eq!(outcome.text(), "whole");
        assert!(outcome.events.iter().any(|event| matches!(event, AgentEvent::Warning { .. })));
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_is_awaited_only_so_long() {
    let server = Server::new([stream([ms(), text(0, "whole"), close(0), stop("end_turn"), Piece::Hang])]);
    let config = AgentConfig { metadata_wait: Duration::from_secs(3), ..config(Mode::Streaming) };
    let outcome = ask_on(&server, config, toolbox(), &mut Conversation::new()).await;
    let stats = &outcome.result.as_ref().unwrap().stats;
    assert_eq!(stats.elapsed.as_secs(), 3);
    assert_eq!((stats.usage.calls, stats.usage.unreported_calls), (1, 1));
}

#[tokio::test]
async fn the_number_of_model_calls_is_bounded() {
    let replies = (0..5).map(|_| calls("a", "calculator", &[r#"{"expression":"1"}"#]));
    let server = Server::new(replies);
    let config = AgentConfig { max_turns: 3, ..config(Mode::Streaming) };
    let outcome = ask_on(&server, config, toolbox(), &mut Conversation::new()).await;
    assert_eq!(outcome.error().cause, Cause::MaxTurns { limit: 3 });
    assert_eq!(server.requests().len(), 3);
    assert_eq!(outcome.error().partial.stats.tool_calls.len(), 3);
}

#[tokio::test]
async fn unary_answers_obey_the_same_rules() {
    let call = |input| json!([{"toolUse": {"toolUseId": "a", "name": "calculator", "input": input}}]);
    let outcome = ask_unary([
        unary("tool_use", call(json!({"expression": "6*7"}))),
        unary("end_turn", json!([{"text": "42"}])),
    ])
    .await;
    assert_eq!((outcome.text(), outcome.started()), ("42", vec!["calculator"]));
    assert_eq!(outcome.last_message(1)[0]["toolResult"]["content"], json!([{"text": "42"}]));

    let outcome =
        ask_unary([unary("tool_use", call(json!("{}"))), unary("end_turn", json!([{"text": "ok"}]))]).await;
    assert!(outcome.started().is_empty(), "a string is not an object");
    let outcome = ask_unary([unary("max_tokens", call(json!({"expression": "1"})))]).await;
    assert!(matches!(outcome.error().cause, Cause::ToolCallCut { .. }));
    let outcome = ask_unary([unary("end_turn", json!([]))]).await;
    assert!(matches!(outcome.error().cause, Cause::EmptyReply { .. }));
}
