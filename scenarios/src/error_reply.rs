//! A typed AWS error as an author describes it.

use crate::span::Span;
use faultline_wire::{AwsError, ErrorKind};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A typed AWS error.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorReply {
    /// The error name, e.g. `ThrottlingException`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its message; left out: one that Bedrock sends.
    pub message: Option<String>,
    /// The HTTP status; left out: the modelled one.
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
    /// Sent as `retry-after` (seconds) and `x-amz-retry-after` (milliseconds). Real Bedrock sends neither.
    pub retry_after: Option<Span>,
    /// More members of the body: exceptionMetadata, resourceName.
    #[serde(default)]
    pub fields: Map<String, Value>,
}

impl ErrorReply {
    /// An error of this name, with Bedrock's own text and status unless `message` gives another.
    pub fn new(kind: &str, message: Option<String>) -> Self {
        Self {
            kind: ErrorKind::shape_name(kind).to_owned(),
            message,
            status: None,
            retry_after: None,
            fields: Map::new(),
        }
    }

    /// The error that is described: Bedrock's status and text where none was given.
    pub fn aws_error(&self) -> AwsError {
        let kind = ErrorKind::parse(&self.kind);
        let text = self.message.as_deref().or_else(|| kind.map(ErrorKind::text)).unwrap_or_default();
        let mut error = AwsError::new(kind.unwrap_or(ErrorKind::Validation), text);
        if kind.is_none() {
            error.name.clone_from(&self.kind);
        }
        error.status = self.status.unwrap_or(error.status);
        error.extra.clone_from(&self.fields);
        error
    }
}
