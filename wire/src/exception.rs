//! Errors of Bedrock Runtime in both forms: an HTTP answer before the stream, and a frame inside it.
//!
//! Names, status codes and which of them may come in a stream are those of the published service model
//! (`bedrock-runtime` 2023-09-30). Header and body shapes are as recorded.

use crate::canon;
use serde_json::{Map, Value, json};

/// A modelled error of Bedrock Runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the modelled exception of that name")]
pub enum ErrorKind {
    AccessDenied,
    Conflict,
    InternalServer,
    ModelError,
    ModelNotReady,
    ModelStreamError,
    ModelTimeout,
    ResourceNotFound,
    ServiceQuotaExceeded,
    ServiceUnavailable,
    Throttling,
    Validation,
}

/// What the service model says of one error, and a text that Bedrock has been seen to send with it.
struct Facts {
    kind: ErrorKind,
    name: &'static str,
    status: u16,
    in_stream: Option<&'static str>,
    text: &'static str,
}

const UNEXPECTED: &str =
    "The system encountered an unexpected error during processing. Try your request again.";
const TIMED_OUT: &str = "Model has timed out in processing the request. Try your request again.";

const fn facts(
    kind: ErrorKind,
    name: &'static str,
    status: u16,
    in_stream: Option<&'static str>,
    text: &'static str,
) -> Facts {
    Facts { kind, name, status, in_stream, text }
}

const TABLE: [Facts; 12] = [
    facts(
        ErrorKind::AccessDenied,
        "AccessDeniedException",
        403,
        None,
        "You don't have access to the model with the specified model ID.",
    ),
    facts(ErrorKind::Conflict, "ConflictException", 400, None, "The request conflicts with another one."),
    facts(
        ErrorKind::InternalServer,
        "InternalServerException",
        500,
        Some("internalServerException"),
        UNEXPECTED,
    ),
    facts(
        ErrorKind::ModelError,
        "ModelErrorException",
        424,
        None,
        "Model produced invalid sequence as part of ToolUse. Please refer to the model tool use troubleshooting guide.",
    ),
    // The text is the sentence of the API reference: no recording holds one.
    facts(
        ErrorKind::ModelNotReady,
        "ModelNotReadyException",
        429,
        None,
        "The model specified in the request is not ready to serve inference requests.",
    ),
    facts(
        ErrorKind::ModelStreamError,
        "ModelStreamErrorException",
        424,
        Some("modelStreamErrorException"),
        UNEXPECTED,
    ),
    facts(ErrorKind::ModelTimeout, "ModelTimeoutException", 408, Some("modelTimeoutException"), TIMED_OUT),
    facts(
        ErrorKind::ResourceNotFound,
        "ResourceNotFoundException",
        404,
        None,
        "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
    ),
    facts(
        ErrorKind::ServiceQuotaExceeded,
        "ServiceQuotaExceededException",
        400,
        None,
        "Your request exceeds the service quota for your account.",
    ),
    facts(
        ErrorKind::ServiceUnavailable,
        "ServiceUnavailableException",
        503,
        Some("serviceUnavailableException"),
        "Bedrock is unable to process your request.",
    ),
    facts(
        ErrorKind::Throttling,
        "ThrottlingException",
        429,
        Some("throttlingException"),
        "Too many requests, please wait before trying again.",
    ),
    facts(
        ErrorKind::Validation,
        "ValidationException",
        400,
        Some("validationException"),
        "The model returned the following errors: Input is too long for requested model.",
    ),
];

impl ErrorKind {
    /// Every modelled error.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|facts| facts.kind)
    }

    /// The kind that `name` spells: `ThrottlingException` or its in-stream form `throttlingException`.
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|facts| facts.name == name || facts.in_stream == Some(name)).map(|facts| facts.kind)
    }

    /// The shape name that either spelling means; a name that is not modelled stays as it is.
    pub fn shape_name(name: &str) -> &str {
        Self::parse(name).map_or(name, |kind| kind.name())
    }

    fn facts(self) -> &'static Facts {
        // The table names every kind; a test holds it to that.
        TABLE.iter().find(|facts| facts.kind == self).unwrap_or(&TABLE[2])
    }

    /// The shape name, as in `x-amzn-ErrorType`.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The HTTP status of the error before a stream.
    pub fn status(self) -> u16 {
        self.facts().status
    }

    /// The `:exception-type` of its frame, for those that may come inside a stream.
    pub fn stream_name(self) -> Option<&'static str> {
        self.facts().in_stream
    }

    /// A text that Bedrock sends with this error, used when a scenario gives none.
    pub fn text(self) -> &'static str {
        self.facts().text
    }

    /// Whether ConverseStream models this error as a frame. `modelTimeoutException` is modelled for the
    /// two Invoke streams only.
    pub fn in_converse_stream(self) -> bool {
        self.stream_name().is_some() && self != Self::ModelTimeout
    }
}

/// The namespace of errors that Bedrock itself raises.
const BEDROCK: &str = "http://internal.amazon.com/coral/com.amazon.bedrock/";

/// The namespace of errors that the AWS front door raises before Bedrock sees the request.
const CORAL_SERVICE: &str = "http://internal.amazon.com/coral/com.amazon.coral.service/";

/// Error names that come from the AWS front door: recorded with the `coral.service` namespace.
const FRONT_DOOR: [&str; 5] = [
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
];

/// One error, modelled or not, ready for either form.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsError {
    /// Shape name, e.g. `ThrottlingException`.
    pub name: String,
    /// HTTP status before a stream.
    pub status: u16,
    /// The text of `message`.
    pub message: String,
    /// Members beyond `message`: `originalStatusCode`, `resourceName`, `originalMessage`.
    pub extra: Map<String, Value>,
}

impl AwsError {
    /// A modelled error with `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            name: kind.name().to_owned(),
            status: kind.status(),
            message: message.into(),
            extra: Map::new(),
        }
    }

    /// A `ValidationException` with `message`.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Validation, message)
    }

    /// The value of the `x-amzn-ErrorType` header, namespace included, as recorded.
    pub fn header(&self) -> String {
        let namespace = if FRONT_DOOR.contains(&self.name.as_str()) { CORAL_SERVICE } else { BEDROCK };
        format!("{}:{namespace}", self.name)
    }

    /// The JSON body of the HTTP answer, and the payload of the frame: `{"message":"…"}` and the extras.
    pub fn body(&self) -> Vec<u8> {
        let mut members = self.extra.clone();
        members.insert("message".to_owned(), json!(self.message));
        canon::object_to_vec(&members)
    }

    /// The `:exception-type` of its frame: the modelled in-stream name, else the name in lower camel case.
    pub fn stream_name(&self) -> String {
        if let Some(name) = ErrorKind::parse(&self.name).and_then(ErrorKind::stream_name) {
            return name.to_owned();
        }
        let mut letters = self.name.chars();
        letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    }
}

/// What Bedrock answers, with status 200, to a path that is no operation. Reported for ARNs whose `/` was not
/// sent as `%2F` (vercel/ai#17523, BerriAI/litellm#3805).
pub const UNKNOWN_OPERATION: &str =
    r#"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_kind_once() {
        let kinds: std::collections::HashSet<_> = ErrorKind::all().collect();
        assert_eq!(kinds.len(), TABLE.len());
        for kind in kinds {
            assert_eq!(ErrorKind::parse(kind.name()), Some(kind));
        }
    }

    #[test]
    fn header_and_body_have_the_recorded_shape() {
        let error = AwsError::new(ErrorKind::Validation, "The provided model identifier is invalid.");
        assert_eq!(
            error.header(),
            "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"
        );
        assert_eq!(error.body(), br#"{"message":"The provided model identifier is invalid."}"#);
        let front = AwsError { name: "ExpiredTokenException".into(), ..error };
        assert!(front.header().ends_with("com.amazon.coral.service/"));
    }

    #[test]
    fn five_exceptions_are_modelled_for_converse_stream() {
        assert_eq!(ErrorKind::all().filter(|kind| kind.in_converse_stream()).count(), 5);
    }

    #[test]
    fn an_unmodelled_error_gets_a_lower_camel_frame_name() {
        let error = AwsError { name: "QuotaExceededException".into(), ..AwsError::validation("x") };
        assert_eq!(error.stream_name(), "quotaExceededException");
    }
}
