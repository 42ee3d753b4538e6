//! Why a turn gave no answer, and what may be tried. It knows errors, not attempts or time.

use crate::bug::Bug;
use std::fmt;

/// What may be tried after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The same request, a little later.
    Again,
    /// The same request, but only once: it costs time or money, or the model is at fault.
    AgainOnce,
    /// The same request without a stream.
    Unary,
    /// The same request without the status of results, the one optional field that we send.
    Plain,
    /// Nothing.
    Final,
}

/// Why a turn gave no answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The AWS name of the error, or a name of our own.
    pub(crate) kind: String,
    /// What was said.
    pub(crate) message: String,
    /// Of the request that failed.
    pub(crate) request_id: Option<String>,
    /// What may be tried.
    pub(crate) remedy: Remedy,
}

impl Failure {
    /// A failure that the agent itself found; nothing may be tried.
    pub(crate) fn own(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), message: message.into(), request_id: None, remedy: Remedy::Final }
    }

    /// A stream that makes no message.
    pub(crate) fn broken(kind: &str, message: impl Into<String>) -> Self {
        Self { remedy: Remedy::Again, ..Self::own(kind, message) }
    }

    /// An error that the service named, before a stream with a status or inside one without.
    pub(crate) fn service(kind: &str, message: &str, status: Option<u16>, bug: Bug) -> Self {
        let remedy = remedy(&capital(kind), message, status, bug);
        Self { remedy, ..Self::own(kind, message) }
    }

    /// The same with what may be tried.
    pub(crate) fn with(self, remedy: Remedy) -> Self {
        Self { remedy, ..self }
    }

    /// The same with the request id, where it has none.
    pub(crate) fn of(mut self, request_id: Option<&str>) -> Self {
        self.request_id = self.request_id.or_else(|| request_id.map(str::to_owned));
        self
    }

    /// The same without its request id.
    pub(crate) fn anonymous(self) -> Self {
        Self { request_id: None, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        self.request_id.as_ref().map_or(Ok(()), |id| write!(f, " (request id {id})"))
    }
}

/// Classified by type first, by wording only where one type means several things.
fn remedy(kind: &str, message: &str, status: Option<u16>, bug: Bug) -> Remedy {
    if status.is_none() && bug.is(Bug::NoRetryInStream) {
        return Remedy::Final;
    }
    match kind {
        "ThrottlingException" => throttle(message, bug),
        "ServiceUnavailableException" if bug.is(Bug::NoRetryOn503) => Remedy::Final,
        "ServiceUnavailableException" | "InternalServerException" | "ModelNotReadyException" => Remedy::Again,
        "ModelTimeoutException" | "ModelStreamErrorException" => Remedy::AgainOnce,
        "ValidationException" => validation(message, bug),
        // Some accounts may call Converse, but not its stream.
        "AccessDeniedException" if message.contains("WithResponseStream") => Remedy::Unary,
        _ => by_status(status, bug),
    }
}

fn throttle(message: &str, bug: Bug) -> Remedy {
    match message.contains("per day") {
        _ if bug.is(Bug::NoRetryOn429) => Remedy::Final,
        true if !bug.is(Bug::RetriesDailyQuota) => Remedy::Final,
        _ => Remedy::Again,
    }
}

fn validation(message: &str, bug: Bug) -> Remedy {
    let without_stream = ["in streaming mode", "unsupported for streaming"];
    if without_stream.iter().any(|words| message.contains(words)) {
        Remedy::Unary
    } else if message.contains("doesn't support the status field") {
        Remedy::Plain
    } else if bug.is(Bug::RetriesBadRequests) {
        Remedy::Again
    } else {
        Remedy::Final
    }
}

/// An error without a type that we know: a gateway's, or a new one.
fn by_status(status: Option<u16>, bug: Bug) -> Remedy {
    match status {
        Some(429) if bug.is(Bug::NoRetryOn429) => Remedy::Final,
        Some(503) if bug.is(Bug::NoRetryOn503) => Remedy::Final,
        Some(429 | 500 | 502 | 503 | 504) => Remedy::Again,
        Some(408) => Remedy::AgainOnce,
        _ => Remedy::Final,
    }
}

/// `throttlingException` in a frame is `ThrottlingException` in a header.
fn capital(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
