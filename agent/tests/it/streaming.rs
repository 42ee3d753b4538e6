//! The three rules of streaming tool use.

use std::time::UNIX_EPOCH;

use faultline_agent::tools::CurrentTime;
use faultline_agent::{AgentEvent, Cause, Conversation, Mode, Toolbox};
use serde_json::{Value, json};

use crate::script::*;

/// The input of a tool that takes any object arrives in `fragments`; `expected` is what it must have been.
async fn check_fragments(fragments: &[&str], expected: Value) {
    let server = Server::new([calls("a", "current_time", fragments), says("done")]);
    let toolbox = Toolbox::new().with(CurrentTime::new(|| UNIX_EPOCH)).unwrap();
    let outcome = ask_on(&server, config(Mode::Streaming), toolbox, &mut Conversation::new()).await;
    assert_eq!(outcome.text(), "done", "{fragments:?}");
    assert_eq!(outcome.assistant(1)[0]["toolUse"]["input"], expected, "{fragments:?}");
    assert_eq!(outcome.started(), ["current_time"], "{fragments:?}");
}

#[tokio::test]
async fn fragments_are_joined_before_they_mean_anything() {
    let six = json!({"expression": "2*3"});
    check_fragments(&[r#"{"expression":"2*3"}"#], six.clone()).await;
    check_fragments(&["", r#"{"expres"#, r#"sion":"2"#, "*", r#"3"}"#], six.clone()).await;
    let characters: Vec<String> = r#"{"expression":"2*3"}"#.chars().map(String::from).collect();
    check_fragments(&characters.iter().map(String::as_str).collect::<Vec<_>>(), six.clone()).await;
    check_fragments(&[r#"{"expression":"2\u00"#, r#"2a3"}"#], six.clone()).await;
    check_fragments(&["{\n", "  \"expression\"", ": \"2*3\"", "\n}"], six).await;
    check_fragments(&[r#"{"q":"\ud83d"#, r#"\ude00"}"#], json!({"q": "\u{1f600}"})).await;
    check_fragments(&[r#"{"n":1"#, r#"0.5,"t":tru"#, "e}"], json!({"n": 10.5, "t": true})).await;
}

#[tokio::test]
async fn an_empty_or_missing_input_is_an_empty_object() {
    for fragments in [&[][..], &[""], &[" "], &["", ""], &["{}"], &["{", "}"]] {
        check_fragments(fragments, json!({})).await;
    }
}

#[tokio::test]
async fn interleaved_blocks_are_kept_apart_by_their_index() {
    let turn = stream([
        ms(),
        text(0, "Both."),
        close(0),
        tool(3, "a", "get_order_status"),
        tool(7, "b", "get_order_status"),
        frag(7, r#"{"order"#),
        frag(3, r#"{"order_id":"A-"#),
        frag(7, r#"_id":"B-44"#),
        frag(3, r#"10293"}"#),
        frag(7, r#"10"}"#),
        close(7),
        close(3),
        stop("tool_use"),
        meta(10, 2),
    ]);
    let outcome = ask([turn, says("done")]).await;
    assert_eq!(outcome.text(), "done");
    let expected = json!([
        {"toolResult": {"toolUseId": "a", "content": [{"json": {"order_id": "A-10293", "status": "shipped"}}]}},
        {"toolResult": {"toolUseId": "b", "content": [{"json": {"order_id": "B-4410", "status": "packed"}}]}},
    ]);
    assert_eq!(outcome.last_message(1), expected);
    assert_eq!(outcome.assistant(1)[0], json!({"text": "Both."}));
}

#[tokio::test]
async fn an_index_used_again_after_its_stop_is_a_new_block() {
    let turn = stream([
        ms(),
        text(0, "Let me see."),
        close(0),
        tool(0, "a", "calculator"),
        frag(0, r#"{"expression":"1+1"}"#),
        close(0),
        stop("tool_use"),
    ]);
    let outcome = ask([turn, says("2")]).await;
    let expected = json!([
        {"text": "Let me see."},
        {"toolUse": {"toolUseId": "a", "name": "calculator", "input": {"expression": "1+1"}}},
    ]);
    assert_eq!(outcome.assistant(1), expected);
}

/// The input is refused: the model is told why, no tool runs, the loop goes on.
async fn check_refused(fragments: &[&str], reason: &str) {
    let outcome = ask([calls("a", "calculator", fragments), says("sorry")]).await;
    assert_eq!(outcome.text(), "sorry", "{fragments:?}");
    assert!(outcome.started().is_empty(), "{fragments:?}");
    let result = &outcome.last_message(1)[0]["toolResult"];
    assert_eq!((&result["status"], &result["toolUseId"]), (&json!("error"), &json!("a")));
    assert!(result["content"][0]["text"].as_str().unwrap().contains(reason), "{result}");
    assert_eq!(outcome.assistant(1)[0]["toolUse"]["input"], json!({}), "only an object is replayed");
}

#[tokio::test]
async fn what_is_not_a_json_object_is_answered_to_the_model_and_never_run() {
    check_refused(&[r#"{"expression":"1"#], "EOF").await;
    check_refused(&[r#"{"expression":"1",}"#], "trailing comma").await;
    check_refused(&["{'expression':'1'}"], "key must be a string").await;
    check_refused(&[r#"{"a":1}"#, r#"{"b":2}"#], "trailing characters").await;
    check_refused(&[r#""""#], "it is a string").await;
    check_refused(&["[1]"], "it is an array").await;
    check_refused(&["null"], "it is null").await;
    check_refused(&[r#"{"q":"\ud99c"}"#], "hex escape").await;
}

#[tokio::test]
async fn a_call_that_was_never_closed_is_not_run() {
    let turn = stream([ms(), tool(0, "a", "calculator"), frag(0, r#"{"expression":"1"}"#), stop("tool_use")]);
    let outcome = ask([turn, says("sorry")]).await;
    assert!(outcome.started().is_empty());
    let told = outcome.last_message(1)[0]["toolResult"]["content"][0]["text"].clone();
    assert!(told.as_str().unwrap().contains("no contentBlockStop"), "{told}");
}

#[tokio::test]
async fn nothing_runs_before_message_stop_even_if_the_call_is_closed() {
    let closed = || vec![ms(), tool(0, "a", "calculator"), frag(0, r#"{"expression":"1"}"#), close(0)];
    let with = |last: Vec<Piece>| stream(closed().into_iter().chain(last));
    for (name, reply) in [
        ("silent end", with(vec![])),
        ("metadata but no stop", with(vec![meta(1, 1)])),
        ("exception", with(vec![exception("serviceUnavailableException", "busy")])),
        ("reset", with(vec![Piece::Break])),
        ("second tool half", with(vec![tool(1, "b", "calculator"), frag(1, "{")])),
    ] {
        let outcome = ask([reply, says("unreachable")]).await;
        outcome.error();
        assert!(outcome.started().is_empty(), "{name}");
        assert_eq!(outcome.server.requests().len(), 1, "{name}");
        let seen = outcome.events.iter().any(|event| matches!(event, AgentEvent::ToolInputComplete { .. }));
        assert!(seen, "{name}: the input was complete, and seen to be");
    }
}

#[tokio::test]
async fn a_stream_that_ends_silently_is_incomplete_and_keeps_its_text() {
    for (body, kept) in [
        (vec![ms(), text(0, "Your order "), text(0, "is")], "Your order is"),
        (vec![ms(), text(0, "All of it."), close(0)], "All of it."),
        (vec![ms(), text(0, "All of it."), close(0), meta(10, 2)], "All of it."),
        (vec![ms()], ""),
        (vec![], ""),
    ] {
        let outcome = ask([stream(body)]).await;
        let error = outcome.error();
        assert_eq!((&error.cause, error.partial.text.as_str()), (&Cause::Incomplete, kept));
        assert_eq!(error.partial.request_id.as_deref(), Some("req-1"));
    }
}

#[tokio::test]
async fn events_that_make_no_message_are_an_error() {
    for (body, expected) in [
        (vec![ms(), ms()], "a second messageStart came inside one message"),
        (vec![ms(), frag(1, "{}")], "a toolUse delta came for block 1, which is not open"),
        (vec![ms(), tool(0, "a", "x"), text(0, "hi")], "a text delta came for block 0, which is a tool call"),
        (vec![ms(), tool(0, "a", "x"), tool(0, "b", "x")], "a contentBlockStart came for block 0"),
        (vec![ms(), text(0, "hi"), frag(0, "{}")], "a toolUse delta came for block 0, which is text"),
    ] {
        let outcome = ask([stream(body.into_iter().chain([stop("end_turn")]))]).await;
        let Cause::Protocol(message) = &outcome.error().cause else { panic!("{:?}", outcome.error()) };
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn unknown_events_and_members_do_not_break_a_stream() {
    let outcome = ask([stream([
        ms(),
        event("somethingNew", json!({"x": 1})),
        text(0, "fine"),
        event("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"newMember": {"x": 1}}})),
        close(0),
        close(1),
        stop("end_turn"),
        meta(1, 1),
    ])])
    .await;
    assert_eq!(outcome.text(), "fine");
}
