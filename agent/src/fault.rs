//! SDK errors to [`Cause`]: type, message, request id and place survive. Pure.

use std::error::Error;
use std::time::Duration;

use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_smithy_types::event_stream::{Message, RawMessage};

use crate::cause::{Cause, Place, ServiceFault};

/// An error that came instead of an answer.
pub(crate) fn before_answer<E>(error: &SdkError<E, HttpResponse>) -> Cause
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let SdkError::ServiceError(service) = error else {
        return transport(Place::BeforeAnswer, error);
    };
    let meta = service.err().meta();
    Cause::Service(Box::new(ServiceFault {
        kind: meta.code().unwrap_or("an error without a type").to_owned(),
        message: meta.message().map_or_else(|| body_text(service.raw()), str::to_owned),
        request_id: service.raw().request_id().map(str::to_owned),
        status: Some(service.raw().status().as_u16()),
        place: Place::BeforeAnswer,
    }))
}

/// The request id of an answer that was an error.
pub(crate) fn request_id<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    error.raw_response().and_then(|response| response.request_id()).map(str::to_owned)
}

/// How long an answer that was an error asks to wait: `x-amz-retry-after` and `retry-after-ms` in milliseconds,
/// `retry-after` in seconds. A date is not read: it would need the time of day.
pub(crate) fn retry_after<E>(error: &SdkError<E, HttpResponse>) -> Option<Duration> {
    let headers = error.raw_response()?.headers();
    let number = |name: &str| headers.get(name)?.trim().parse::<u64>().ok();
    let millis = number("x-amz-retry-after").or_else(|| number("retry-after-ms"));
    millis.map(Duration::from_millis).or_else(|| number("retry-after").map(Duration::from_secs))
}

/// An error inside an event stream. The frame's own headers name the type, because the SDK keeps no name for types
/// that it does not model, nor for frames with `:message-type: error`.
pub(crate) fn in_stream<E>(error: &SdkError<E, RawMessage>, request_id: Option<&str>) -> Cause
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let frame = match error {
        SdkError::ServiceError(service) => Some(service.raw()),
        SdkError::ResponseError(response) => Some(response.raw()),
        _ => None,
    };
    let Some((kind, message)) = frame.and_then(named_in_frame) else {
        return transport(Place::InStream, error);
    };
    Cause::Service(Box::new(ServiceFault {
        kind,
        message,
        request_id: request_id.map(str::to_owned),
        status: None,
        place: Place::InStream,
    }))
}

/// The type and message of an exception or error frame.
fn named_in_frame(frame: &RawMessage) -> Option<(String, String)> {
    let RawMessage::Decoded(frame) = frame else { return None };
    if let Some(kind) = header(frame, ":exception-type") {
        return Some((kind, payload_message(frame)));
    }
    let kind = header(frame, ":error-code")?;
    Some((kind, header(frame, ":error-message").unwrap_or_default()))
}

fn header(frame: &Message, name: &str) -> Option<String> {
    let header = frame.headers().iter().find(|header| header.name().as_str() == name)?;
    header.value().as_string().ok().map(|value| value.as_str().to_owned())
}

fn payload_message(frame: &Message) -> String {
    let text = String::from_utf8_lossy(frame.payload()).into_owned();
    message_member(&text).unwrap_or(text)
}

fn body_text(response: &HttpResponse) -> String {
    let text = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    message_member(&text).unwrap_or_else(|| text.chars().take(500).collect())
}

/// `message` of a JSON body; bearer token failures spell it `Message`.
fn message_member(text: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(text).ok()?;
    body.get("message").or_else(|| body.get("Message"))?.as_str().map(str::to_owned)
}

fn transport<E, R>(place: Place, error: &SdkError<E, R>) -> Cause
where
    E: Error + 'static,
    R: std::fmt::Debug,
{
    let timeout = match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        SdkError::ConstructionFailure(_) => return Cause::Request(chain(error)),
        _ => false,
    };
    let detail = chain(error);
    // A body that falls silent; the SDK has no type for what its stalled-stream protection says.
    let timeout = timeout || detail.contains("minimum throughput");
    Cause::Transport { place, timeout, detail }
}

/// An error and its sources, outermost first.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
