//! What follows from each error of the service, each broken connection and each useless answer.

use super::*;
use crate::cause::Place;

fn fault(kind: &str, status: Option<u16>, message: &str) -> Cause {
    let place = if status.is_some() { Place::BeforeAnswer } else { Place::InStream };
    let (kind, message) = (kind.to_owned(), message.to_owned());
    Cause::Service(Box::new(ServiceFault { kind, message, request_id: None, status, place }))
}

fn check(kind: &str, status: impl Into<Option<u16>>, message: &str, expected: Verdict) {
    assert_eq!(classify(&fault(kind, status.into(), message), None), expected, "{kind}: {message}");
}

fn change(change: Change) -> Verdict {
    Verdict::ChangeRequest(change)
}

#[test]
fn what_the_service_cannot_do_now_it_may_do_later() {
    check("ThrottlingException", 429, "Too many tokens, please wait before trying again.", RETRY);
    check("throttlingException", None, "Too many requests, please wait before trying again.", RETRY);
    check("serviceUnavailableException", None, "Bedrock is unable to process your request.", RETRY);
    check("ServiceUnavailableException", 503, "Too many connections", RETRY);
    check("ModelNotReadyException", 429, "", RETRY);
    check("InternalServerException", 500, "", retry_at_most(3));
    check("internalServerException", None, "", retry_at_most(3));
    check(
        "ModelErrorException",
        424,
        "Model produced invalid sequence as part of ToolUse.",
        retry_at_most(2),
    );
    check("modelStreamErrorException", None, "", retry_at_most(2));
    check("ModelTimeoutException", 408, "", retry_at_most(1));
    check("an error without a type", 502, "<html>", retry_at_most(3));
    check("an error without a type", 503, "", RETRY);
    check("InternalFailure", None, "", retry_at_most(2));
}

#[test]
fn what_the_caller_did_wrong_stays_wrong() {
    let day = "Too many tokens per day, please wait before trying again.";
    check("ThrottlingException", 429, day, OTHER_MODEL);
    check("ValidationException", 400, "Expected toolResult blocks at messages.2.content", FATAL);
    check("validationException", None, "The text field in the ContentBlock object is blank.", FATAL);
    check("ValidationException", 400, "The provided model identifier is invalid.", OTHER_MODEL);
    let profile = "Invocation of model ID X with on-demand throughput isn\u{2019}t supported. Retry your request with the ID or ARN of an inference profile that contains this model.";
    check("ValidationException", 400, profile, OTHER_MODEL);
    check(
        "AccessDeniedException",
        403,
        "You don't have access to the model with the specified model ID.",
        OTHER_MODEL,
    );
    check("AccessDeniedException", 403, "Authentication failed.", FATAL);
    check("ExpiredTokenException", 403, "The security token included in the request is expired", FATAL);
    check("InvalidSignatureException", 403, "", FATAL);
    check("ResourceNotFoundException", 404, "", OTHER_MODEL);
    check("quotaExceededException", None, "", FATAL);
    check("an error without a type", 404, "<html>", FATAL);
}

#[test]
fn some_refusals_say_how_to_ask_instead() {
    let validation = |message, expected| check("ValidationException", 400, message, expected);
    validation("This model doesn't support tool use in streaming mode.", change(Change::Unary));
    validation("The model is unsupported for streaming.", change(Change::Unary));
    validation("This model doesn't support tool use.", OTHER_MODEL);
    for overflow in [
        "Input is too long for requested model.",
        "The model returned the following errors: prompt is too long: 203470 tokens > 200000 maximum",
        "This model's maximum context length is 202752 tokens. However, you requested 65536 output tokens",
        "The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
    ] {
        validation(overflow, change(Change::Shorten));
        check("validationException", None, overflow, change(Change::Shorten));
    }
    let point = "Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.";
    validation(point, change(Change::NoCachePoints));
    validation(
        "messages.1.content: Conversation blocks and tool use blocks cannot be provided in the same turn.",
        change(Change::NoTextBesideCalls),
    );
    validation(
        "This model doesn't support the status field. Remove status and try again.",
        change(Change::NoToolStatus),
    );
    validation("This model doesn't support the stopSequences field.", change(Change::NoStopSequences));
    validation(
        "The maximum tokens you requested exceeds the model limit of 4096. Try again with a lower value.",
        change(Change::MaxTokens(4096)),
    );
    let denied = |message, expected| check("AccessDeniedException", 403, message, expected);
    let user = "User: x is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: y";
    denied(user, change(Change::Unary));
    let cache = "You invoked an unsupported model or your request did not allow prompt caching.";
    denied(cache, change(Change::NoCachePoints));
}

#[test]
fn a_wait_that_was_asked_for_is_passed_on() {
    let later = Verdict::Retryable { after: Some(Duration::from_secs(120)), at_most: Some(2) };
    check(
        "AccessDeniedException",
        403,
        "If you recently fixed this issue, try again after 2 minutes.",
        later,
    );
    let asked = Some(Duration::from_secs(7));
    let throttled = fault("ThrottlingException", Some(429), "");
    assert_eq!(classify(&throttled, asked), Verdict::Retryable { after: asked, at_most: None });
    assert_eq!(classify(&fault("ValidationException", Some(400), ""), asked), FATAL);
}

#[test]
fn connections_and_streams_that_break_may_hold_the_next_time() {
    let transport = |timeout, detail: &str| {
        classify(&Cause::Transport { place: Place::InStream, timeout, detail: detail.to_owned() }, None)
    };
    assert_eq!(transport(false, "connection reset by peer"), RETRY);
    assert_eq!(transport(true, "nothing came for 60s"), retry_at_most(1));
    assert_eq!(transport(false, "invalid peer certificate: UnknownIssuer"), FATAL);
    assert_eq!(transport(false, "dns error: failed to lookup address information"), FATAL);
    let gateway = "the answer's content type is \"text/html\", but an event stream (x) was due";
    assert_eq!(transport(false, gateway), FATAL);
    assert_eq!(classify(&Cause::Incomplete, None), RETRY);
    assert_eq!(classify(&Cause::Protocol(String::new()), None), retry_at_most(1));
}

#[test]
fn what_the_model_did_wrong_is_asked_once_more_if_at_all() {
    let stopped = |reason: &str| classify(&Cause::Stopped { stop_reason: reason.into() }, None);
    assert_eq!(stopped("malformed_tool_use"), retry_at_most(1));
    assert_eq!(stopped("content_filtered"), FATAL);
    assert_eq!(stopped("brand_new_reason"), FATAL);
    let empty = |reason: &str| classify(&Cause::EmptyReply { stop_reason: reason.into() }, None);
    assert_eq!([empty("end_turn"), empty("max_tokens")], [retry_at_most(1), FATAL]);
    assert_eq!(classify(&Cause::ToolCallCut { stop_reason: StopReason::MaxTokens }, None), FATAL);
    assert_eq!(classify(&Cause::MaxTurns { limit: 3 }, None), FATAL);
}
