//! The SDK's errors as failures: type, message and remedy. The request id is the head's.

use crate::bug::Bug;
use crate::client::Seen;
use crate::failure::{Failure, Remedy};
use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::event_stream::{Message, RawMessage};
use serde_json::Value;
use std::error::Error;

/// A connection that broke, or bytes on it that did.
pub(crate) const CONNECTION: &str = "ConnectionError";
/// Nothing came.
pub(crate) const SILENCE: &str = "Timeout";

/// An error instead of an answer.
pub(crate) fn before<E>(error: &SdkError<E, HttpResponse>, seen: &Seen, bug: Bug) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let SdkError::ServiceError(service) = error else {
        return Failure::broken(CONNECTION, chain(error)).with(untrusted(error));
    };
    let body = String::from_utf8_lossy(service.raw().body().bytes().unwrap_or_default());
    let short: String = body.chars().take(300).collect();
    if seen.status == Some(200) {
        let message = format!("an answer of {} instead of events: {short}", seen.content_type);
        return Failure::own("UnexpectedContentType", message);
    }
    let meta = service.err().meta();
    let kind = meta.code().or(seen.error_type.as_deref()).unwrap_or("UnknownError");
    let message = meta.message().map_or(short, str::to_owned);
    Failure::service(kind, &message, seen.status, bug)
}

/// A head without the rest of an error, or not even a head.
pub(crate) fn silent(silence: Failure, seen: &Seen, bug: Bug) -> Failure {
    match seen.status {
        Some(status) if status != 200 => {
            let kind = seen.error_type.as_deref().unwrap_or("UnknownError");
            Failure::service(kind, &format!("HTTP {status}, and its body never ended"), seen.status, bug)
        }
        _ => silence,
    }
}

/// An error inside a stream.
pub(crate) fn inside<E>(error: &SdkError<E, RawMessage>, bug: Bug) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let frame = match error {
        SdkError::ServiceError(service) => Some(service.raw()),
        SdkError::ResponseError(response) => Some(response.raw()),
        _ => None,
    };
    let named = frame.and_then(|frame| match frame {
        RawMessage::Decoded(frame) => named(frame),
        _ => None,
    });
    match named {
        Some((kind, message)) => Failure::service(&kind, &message, None, bug),
        None => Failure::broken(CONNECTION, chain(error)),
    }
}

/// The type and message of an exception frame, or of an error frame, which has both in its headers.
fn named(frame: &Message) -> Option<(String, String)> {
    let header = |name: &str| {
        let header = frame.headers().iter().find(|header| header.name().as_str() == name)?;
        header.value().as_string().ok().map(|value| value.as_str().to_owned())
    };
    match header(":exception-type") {
        Some(kind) => Some((kind, said(frame.payload()))),
        None => Some((header(":error-code")?, header(":error-message").unwrap_or_default())),
    }
}

fn said(payload: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(payload).ok();
    let message = json.as_ref().and_then(|json| json.get("message").or(json.get("Message"))?.as_str());
    message.map_or_else(|| String::from_utf8_lossy(payload).into_owned(), str::to_owned)
}

/// A certificate that nobody trusts will not be trusted a moment later.
fn untrusted(error: &(dyn Error + 'static)) -> Remedy {
    if chain(error).contains("certificate") { Remedy::Final } else { Remedy::Again }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
