//! Refuses a 200 that is not an event stream. Gateways answer with JSON or HTML, and Bedrock itself with a JSON
//! `UnknownOperationException` (vercel/ai#17523); read as frames, such a body is only a checksum error.

use aws_sdk_bedrockruntime::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;

const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// Looks at the head of a streaming answer.
#[derive(Debug)]
pub(crate) struct EventStreamOnly;

impl Intercept for EventStreamOnly {
    fn name(&self) -> &'static str {
        "EventStreamOnly"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let content_type = response.headers().get("content-type");
        if !response.status().is_success() || content_type.is_none_or(is_event_stream) {
            return Ok(());
        }
        let got = content_type.unwrap_or_default();
        Err(format!("the answer's content type is {got:?}, but an event stream ({EVENT_STREAM}) was due")
            .into())
    }
}

/// Parameters after the type are none of our business.
fn is_event_stream(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(EVENT_STREAM))
}
