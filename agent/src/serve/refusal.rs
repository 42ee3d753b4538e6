//! Why a request got nothing, in words and as a status.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::registry::Refused;
use crate::steer::SteerError;

/// Why a request got nothing.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Nobody knows the execution.
    pub(super) fn unknown() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no such execution: it is unknown or long over")
    }

    /// There is nothing to work on.
    pub(super) fn blank() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "the prompt is blank: send {\"prompt\": \"…\"}")
    }
}

/// The body of a request, where it can be read.
pub(super) fn body<T>(read: Result<Json<T>, JsonRejection>) -> Result<T, Refusal> {
    read.map(|Json(body)| body).map_err(|why| Refusal::new(why.status(), why.body_text()))
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy => Self::new(
                StatusCode::CONFLICT,
                "this session is at work on another prompt: wait for it, or cancel it",
            ),
            Refused::Full => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "too many prompts at once: come back later")
            }
        }
    }
}

impl From<SteerError> for Refusal {
    fn from(error: SteerError) -> Self {
        let status = if error == SteerError::Blank { StatusCode::BAD_REQUEST } else { StatusCode::CONFLICT };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.message }));
        (self.status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
    }
}
