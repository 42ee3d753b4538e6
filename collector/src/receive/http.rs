//! OTLP over HTTP: `POST /v1/traces`, `/v1/metrics`, `/v1/logs`, protobuf or JSON, plain or gzip. An answer speaks the form of
//! the request; a failure is a `google.rpc.Status`.

use super::unpack::{self, Packed};
use crate::counts::add;
use crate::intake::{Form, Intake, Signal, rows};
use crate::rows::Rejected;
use crate::store::StoreError;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::routing::post;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::json;
use std::sync::Arc;

/// The three paths.
pub(crate) fn router(intake: Arc<Intake>) -> Router {
    let take = |signal: Signal| {
        post(move |State(intake): State<Arc<Intake>>, request: Request<Body>| async move {
            answer(&intake, signal, request).await
        })
    };
    Router::new()
        .route("/v1/traces", take(Signal::Traces))
        .route("/v1/metrics", take(Signal::Metrics))
        .route("/v1/logs", take(Signal::Logs))
        .with_state(intake)
}

/// Why a request is refused.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let again = error.retryable();
        let status = if again { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self::new(status, error.to_string())
    }
}

async fn answer(intake: &Intake, signal: Signal, request: Request<Body>) -> Response<Body> {
    let form = form(request.headers());
    let taken = tokio::time::timeout(intake.limits.slowest, take(intake, signal, form, request)).await;
    let slow = || Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request took too long");
    // Who wrote in no form that we know reads JSON more likely than protobuf.
    let form = form.unwrap_or(Form::Json);
    match taken.unwrap_or_else(|_| Err(slow())) {
        Ok(rejected) => reply(StatusCode::OK, form, success(signal, form, &rejected)),
        Err(refusal) => {
            if refusal.status.is_client_error() {
                add(&intake.counters.malformed, 1);
            }
            let mut response = reply(refusal.status, form, failure(form, &refusal.why));
            if refusal.status == StatusCode::SERVICE_UNAVAILABLE {
                response.headers_mut().insert(RETRY_AFTER, 1.into());
            }
            response
        }
    }
}

async fn take(
    intake: &Intake,
    signal: Signal,
    form: Option<Form>,
    request: Request<Body>,
) -> Result<Rejected, Refusal> {
    let most = intake.limits.body;
    let headers = request.headers();
    let known = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let packed = packed(headers)?;
    let too_large =
        || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a body has at most {most} bytes, unpacked"));
    if known.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let room = intake.room(known.filter(|_| !packed).unwrap_or(most)).await?;
    let form = form.ok_or_else(|| {
        Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the content type must be application/x-protobuf or application/json",
        )
    })?;
    let body = Limited::new(request.into_body(), most).collect().await;
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => too_large(),
        None => Refusal::new(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")),
    })?;
    let mut body = body.to_bytes();
    if packed {
        body = match unpack::gzip(&body, most) {
            Ok(unpacked) => unpacked.into(),
            Err(Packed::TooLarge) => return Err(too_large()),
            Err(Packed::Broken(why)) => return Err(Refusal::new(StatusCode::BAD_REQUEST, why)),
        };
    }
    let rows = rows(signal, form, &body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let bytes = body.len();
    drop(body);
    Ok(intake.keep(rows, bytes, room).await?)
}

/// What the content type says; `None` where it is neither.
fn form(headers: &HeaderMap) -> Option<Form> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/x-protobuf" => Some(Form::Protobuf),
        "application/json" => Some(Form::Json),
        _ => None,
    }
}

/// Whether the body is gzip.
fn packed(headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(encoding) = headers.get(CONTENT_ENCODING) else { return Ok(false) };
    match encoding.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "gzip" => Ok(true),
        "" | "identity" => Ok(false),
        other => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("the content encoding must be gzip or none, not `{other}`"),
        )),
    }
}

fn reply(status: StatusCode, form: Form, body: Vec<u8>) -> Response<Body> {
    let kind = match form {
        Form::Protobuf => "application/x-protobuf",
        Form::Json => "application/json",
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind));
    response
}

/// What is said when all is well, or what of it is not.
fn success(signal: Signal, form: Form, rejected: &Rejected) -> Vec<u8> {
    if rejected.count == 0 {
        return if form == Form::Json { b"{}".to_vec() } else { Vec::new() };
    }
    let count = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Metrics => "rejectedDataPoints",
        Signal::Logs => "rejectedLogRecords",
    };
    match form {
        Form::Json => {
            let said = json!({ count: rejected.count.to_string(), "errorMessage": rejected.why });
            json!({ "partialSuccess": said }).to_string().into_bytes()
        }
        // The three answers are one on the wire: field 1 has the count as field 1 and the message as field 2.
        Form::Protobuf => {
            use opentelemetry_proto::tonic::collector::trace::v1::{
                ExportTracePartialSuccess, ExportTraceServiceResponse,
            };
            let partial_success = Some(ExportTracePartialSuccess {
                rejected_spans: rejected.count.into(),
                error_message: rejected.why.clone(),
            });
            prost::Message::encode_to_vec(&ExportTraceServiceResponse { partial_success })
        }
    }
}

/// A `google.rpc.Status` that has a message alone: its code is in the HTTP status.
fn failure(form: Form, why: &str) -> Vec<u8> {
    match form {
        Form::Json => json!({ "message": why }).to_string().into_bytes(),
        Form::Protobuf => {
            let mut body = Vec::new();
            prost::encoding::string::encode(2, &why.to_owned(), &mut body);
            body
        }
    }
}
