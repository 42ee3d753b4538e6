//! Errors keep their type, message, request id and place.

use std::time::Duration;

use bytes::Bytes;
use faultline_agent::{AgentConfig, Cause, Conversation, Mode, Place, ServiceFault};
use serde_json::json;

use crate::script::*;

fn fault(cause: &Cause) -> &ServiceFault {
    let Cause::Service(fault) = cause else { panic!("not the service's error: {cause:?}") };
    fault
}

#[tokio::test]
async fn an_error_before_the_answer_is_whole_in_both_modes() {
    for (status, kind) in [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (403, "ExpiredTokenException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (429, "ThrottlingException"),
        (429, "ModelNotReadyException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ] {
        let reply = || body(status, Some(kind), &json!({"message": "what it says"}));
        for outcome in [ask([reply()]).await, ask_unary([reply()]).await] {
            let expected = ServiceFault {
                kind: kind.to_owned(),
                message: "what it says".to_owned(),
                request_id: Some("req-1".to_owned()),
                status: Some(status),
                place: Place::BeforeAnswer,
            };
            assert_eq!(fault(&outcome.error().cause), &expected);
            let text = format!("{kind} before the answer: what it says (request id req-1)");
            assert_eq!(outcome.error().to_string(), text);
        }
    }
}

#[tokio::test]
async fn an_exception_in_the_stream_is_whole_at_any_place() {
    for kind in [
        "internalServerException",
        "modelStreamErrorException",
        "validationException",
        "throttlingException",
        "serviceUnavailableException",
        "modelTimeoutException",
        "quotaExceededException",
    ] {
        for before in [vec![], vec![ms()], vec![ms(), text(0, "some"), text(0, " text")]] {
            let kept = if before.len() > 2 { "some text" } else { "" };
            let outcome = ask([stream(before.into_iter().chain([exception(kind, "it broke")]))]).await;
            let fault = fault(&outcome.error().cause);
            assert_eq!((fault.kind.as_str(), fault.message.as_str()), (kind, "it broke"));
            assert_eq!((fault.place, fault.status), (Place::InStream, None));
            assert_eq!(fault.request_id.as_deref(), Some("req-1"));
            assert_eq!(outcome.error().partial.text, kept);
            assert_eq!(fault.exception(), kind[..1].to_uppercase() + &kind[1..]);
        }
    }
}

#[tokio::test]
async fn an_error_frame_is_read_from_its_headers() {
    use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let message = Message::new(Bytes::new())
        .add_header(header(":message-type", "error"))
        .add_header(header(":error-code", "InternalFailure"))
        .add_header(header(":error-message", "it broke"));
    let mut bytes = Vec::new();
    aws_smithy_eventstream::frame::write_message_to(&message, &mut bytes).unwrap();
    let outcome = ask([stream([ms(), Piece::Data(bytes.into())])]).await;
    let fault = fault(&outcome.error().cause);
    assert_eq!((fault.kind.as_str(), fault.message.as_str()), ("InternalFailure", "it broke"));
}

#[tokio::test]
async fn broken_bytes_and_broken_connections_are_transport_errors_with_the_text_so_far() {
    let Piece::Data(whole) = text(0, "lost") else { panic!("data") };
    let half = Piece::Data(whole.slice(..whole.len() - 1));
    let mut flipped = whole.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    for (name, last) in [
        ("half a frame", half),
        ("checksum", Piece::Data(flipped.into())),
        ("reset", Piece::Break),
        ("not an event stream", Piece::Data(r#"{"Output":{"__type":"UnknownOperationException"}}"#.into())),
    ] {
        let outcome = ask([stream([ms(), text(0, "kept"), last])]).await;
        let error = outcome.error();
        let Cause::Transport { place: Place::InStream, timeout: false, detail } = &error.cause else {
            panic!("{name}: {:?}", error.cause)
        };
        assert!(!detail.is_empty());
        assert_eq!(error.partial.text, "kept", "{name}");
        assert_eq!(error.partial.request_id.as_deref(), Some("req-1"), "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_event_stream_is_named_by_its_content_type() {
    let outcome = ask([body(200, None, &json!({"Output": {"__type": "UnknownOperationException"}}))]).await;
    let Cause::Transport { place: Place::BeforeAnswer, timeout: false, detail } = &outcome.error().cause
    else {
        panic!("{:?}", outcome.error())
    };
    assert!(detail.contains("content type is \"application/json\", but an event stream"), "{detail}");
    assert_eq!(outcome.error().partial.request_id.as_deref(), Some("req-1"));
}

#[tokio::test(start_paused = true)]
async fn silence_in_the_stream_ends_in_a_timeout() {
    let server = Server::new([stream([ms(), text(0, "kept"), Piece::Hang])]);
    let config = AgentConfig { event_timeout: Some(Duration::from_secs(7)), ..config(Mode::Streaming) };
    let outcome = ask_on(&server, config, toolbox(), &mut Conversation::new()).await;
    let error = outcome.error();
    assert!(matches!(error.cause, Cause::Transport { place: Place::InStream, timeout: true, .. }));
    assert_eq!((error.partial.text.as_str(), error.partial.stats.elapsed.as_secs()), ("kept", 7));
}
